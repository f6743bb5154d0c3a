import { isIP, type Socket } from 'node:net';
import { connect as connectTls, type TLSSocket } from 'node:tls';
import { MailFault, mailFault } from './fault.js';
import type { Transcript } from './transcript.js';

/** A connection that speaks in lines ended by CR LF, as IMAP, POP3 and SMTP do. */
export interface Wire {
  /** @param shown what the transcript holds instead */
  send(line: string, shown?: string): void;
  /** The next line of the server. @throws MailFault once the connection is of no use any more */
  line(): Promise<string>;
  /** From here on in TLS; takes any certificate, judging is another step. */
  secure(host: string): Promise<TLSSocket>;
  /** Ends the connection; whoever waits gets this fault. */
  fail(fault: MailFault): void;
  close(): void;
}

/** What a mail server says before and during a sign-in fits many times over. Bytes. */
const MAX_BYTES = 64 * 1024;
/** RFC 9051 §4 wants 8 KB of a command line to be taken; we are not kinder to a server. Bytes. */
const MAX_LINE = 8 * 1024;

/** @param plain a connected socket that nobody reads yet */
export function createWire(plain: Socket, transcript: Transcript): Wire {
  let socket: Socket = plain;
  let received = 0;
  /** Whole lines as Latin-1, so that a character cut in two by the network survives; taken up to `next`. */
  const lines: string[] = [];
  let next = 0;
  /** The beginning of the line after them. */
  let rest = '';
  let fault: MailFault | null = null;
  let wake: () => void = () => undefined;

  function fail(reason: MailFault): void {
    fault ??= reason;
    socket.destroy();
    plain.destroy();
    wake();
  }

  /** Looks at each byte once, in however small pieces a server sends. */
  function onData(chunk: Buffer): void {
    received += chunk.length;
    const text = chunk.toString('latin1');
    let start = 0;
    for (let end = text.indexOf('\n'); end >= 0; end = text.indexOf('\n', start)) {
      lines.push(rest + text.slice(start, end));
      rest = '';
      start = end + 1;
    }
    rest += text.slice(start);
    if (received > MAX_BYTES || rest.length > MAX_LINE) fail(new MailFault('too-much'));
    wake();
  }

  function attend(to: Socket): void {
    to.on('data', onData);
    to.on('error', (error) => fail(mailFault(error)));
    to.on('close', () => fail(new MailFault('closed')));
  }

  /** The next whole line, once there is one. */
  async function take(): Promise<string> {
    for (;;) {
      const line = lines[next];
      if (line !== undefined && line.length <= MAX_LINE) {
        next++;
        return Buffer.from(line.replace(/\r$/, ''), 'latin1').toString('utf8');
      }
      if (line !== undefined) fail(new MailFault('too-much'));
      if (fault) throw fault;
      await new Promise<void>((resolve) => {
        wake = resolve;
      });
    }
  }

  attend(plain);
  return {
    send(line, shown = line) {
      // A folder of a mail account that holds a line end would be a command of its own.
      if (/[\r\n\0]/.test(line)) fail(new MailFault('not-understood'));
      transcript.client(shown);
      if (!fault) socket.write(`${line}\r\n`);
    },
    async line() {
      const line = await take();
      transcript.server(line);
      return line;
    },
    async secure(host) {
      // Whatever came in before the handshake was not protected and must not be believed (RFC 3207 §6, RFC 9051 §11.1).
      if (rest !== '' || next < lines.length) fail(new MailFault('not-understood'));
      if (fault) throw fault;
      plain.off('data', onData);
      const secured = connectTls({
        socket: plain,
        host,
        rejectUnauthorized: false,
        ...(isIP(host) ? {} : { servername: host.replace(/\.$/, '') }),
      });
      socket = secured;
      await new Promise<void>((resolve) => {
        wake = resolve;
        secured.once('secureConnect', resolve);
        attend(secured);
      });
      if (fault) throw fault;
      return secured;
    },
    fail,
    close() {
      fault ??= new MailFault('closed');
      socket.end();
      // A server that does not close its side is not waited for.
      setTimeout(() => plain.destroy(), 500).unref();
    },
  };
}
