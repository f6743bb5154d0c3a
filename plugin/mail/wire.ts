import { isIP, type Socket } from 'node:net';
import { connect as connectTls, type SecureContext, type TLSSocket } from 'node:tls';
import { MailFault, mailFault } from './fault.js';
import type { Transcript } from './transcript.js';

/** A connection of lines that end in CR LF, as IMAP, POP3 and SMTP use. */
export interface Wire {
  /** @param shown what the transcript shows instead */
  send(line: string, shown?: string): void;
  /**
   * The server's next line.
   * @throws MailFault once the connection is unusable
   */
  line(): Promise<string>;
  /**
   * Switches to TLS. Accepts any certificate; another step judges it.
   * @param context shared by many connections; without it, the connection has its own
   */
  secure(host: string, context?: SecureContext): Promise<TLSSocket>;
  /**
   * Hands the connection over: this wire reads nothing more and ends nothing.
   * @returns the paused socket, and what has arrived but was not read yet
   * @throws MailFault if the connection is unusable
   */
  release(): { socket: Socket; rest: Buffer };
  /** Ends the connection; a pending `line()` or `secure()` throws this fault. */
  fail(fault: MailFault): void;
  close(): void;
}

/** Many times what a mail server sends before and during a sign-in. Bytes. */
const MAX_BYTES = 64 * 1024;
/**
 * RFC 9051 §4 requires servers to accept command lines of 8 KB; the same limit applies to their lines here.
 * Bytes.
 */
const MAX_LINE = 8 * 1024;

/**
 * So much at once goes into the first buffer that Node.js has for encrypted bytes, 1 KB. For more, a token for example, it adds
 * one of 16 KB and keeps it as long as the connection. Bytes.
 */
const PIECE = 900;

const ignore = (): void => undefined;

/** Writes each piece when the one before has been encrypted and handed to the system. */
async function writeInPieces(socket: Socket, text: string): Promise<void> {
  const bytes = Buffer.from(text);
  for (let at = 0; at < bytes.length && !socket.destroyed; at += PIECE)
    await new Promise<void>((resolve) => socket.write(bytes.subarray(at, at + PIECE), () => resolve()));
}

/** @param plain a connected socket that nothing reads yet */
export function createWire(plain: Socket, transcript: Transcript): Wire {
  let socket: Socket = plain;
  let received = 0;
  /**
   * Whole lines as Latin-1, so that a character survives being split by the network. Lines before `next` have
   * been read.
   */
  const lines: string[] = [];
  let next = 0;
  /** The incomplete line after them. */
  let rest = '';
  let fault: MailFault | null = null;
  let wake: () => void = ignore;
  /** Over TLS: what is being sent. */
  let sending: Promise<void> | null = null;

  function fail(reason: MailFault): void {
    fault ??= reason;
    socket.destroy();
    plain.destroy();
    wake();
  }

  /** Looks at each byte once, however small the pieces are that a server sends. */
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

  const onError = (error: Error) => fail(mailFault(error));
  const onClose = () => fail(new MailFault('closed'));

  function attend(to: Socket): void {
    to.on('data', onData);
    to.on('error', onError);
    to.on('close', onClose);
  }

  /** Waits for the next whole line. */
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

  function sendInTurn(text: string): void {
    const write = () => writeInPieces(socket, text);
    const work = sending ? sending.then(write) : write();
    sending = work;
    void work.then(() => {
      if (sending === work) sending = null;
    });
  }

  attend(plain);
  return {
    send(line, shown = line) {
      // A line end in a mail account's folder name would start another command.
      if (/[\r\n\0]/.test(line)) fail(new MailFault('not-understood'));
      transcript.client(shown);
      if (fault) return;
      if (socket === plain) socket.write(`${line}\r\n`);
      else sendInTurn(`${line}\r\n`);
    },
    async line() {
      const line = await take();
      transcript.server(line);
      return line;
    },
    async secure(host, context) {
      // Data that arrived before the handshake was unprotected and must not be trusted (RFC 3207 §6, RFC 9051
      // §11.1).
      if (rest !== '' || next < lines.length) fail(new MailFault('not-understood'));
      if (fault) throw fault;
      plain.off('data', onData);
      const secured = connectTls({
        socket: plain,
        host,
        rejectUnauthorized: false,
        ...(context ? { secureContext: context } : {}),
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
    release() {
      if (fault) throw fault;
      socket.pause();
      for (const each of new Set([socket, plain])) {
        // Nothing of this wire stays in memory for the length of the connection.
        each.off('data', onData).off('close', onClose).off('error', onError);
        each.on('error', ignore);
      }
      const unread = lines.slice(next).map((line) => `${line}\n`);
      lines.length = 0;
      return { socket, rest: Buffer.from(unread.join('') + rest, 'latin1') };
    },
    fail,
    close() {
      fault ??= new MailFault('closed');
      socket.end();
      // Do not wait for a server that keeps its side open.
      setTimeout(() => plain.destroy(), 500).unref();
    },
  };
}
