import { createServer, type Socket } from 'node:net';
import { createServer as createTlsServer, TLSSocket } from 'node:tls';
import { until } from '../lab/ports.js';
import { listen } from '../oauth/hostile-server.js';

export interface ScriptedServer {
  port: number;
  /** Every line that clients have sent, over all connections. */
  received: string[];
  /** Resolves when no connection is open. */
  idle(): Promise<void>;
  close(): Promise<void>;
}

export interface Script {
  greeting?: string;
  /** Answers one line of the client, given without its line end; undefined: says nothing. */
  answer?: ((line: string, socket: Socket) => string | undefined) | undefined;
  /** Replaces greeting and answers altogether. */
  behave?: (socket: Socket) => void;
  tls?: { key: Buffer; cert: Buffer };
  /** With `tls`: the connection begins unencrypted, and TLS starts after the answer to this line of the client. */
  upgradeAfter?: RegExp;
}

/** A mail server on 127.0.0.1 that says what a test wants it to say. */
export async function scriptedServer(script: Script): Promise<ScriptedServer> {
  const sockets = new Set<Socket>();
  const received: string[] = [];

  function talk(socket: Socket): void {
    let rest = '';
    const onData = (chunk: Buffer) => {
      rest += chunk.toString();
      for (let end = rest.indexOf('\r\n'); end >= 0; end = rest.indexOf('\r\n')) {
        const line = rest.slice(0, end);
        rest = rest.slice(end + 2);
        received.push(line);
        const answer = script.answer?.(line, socket);
        if (answer !== undefined) socket.write(`${answer}\r\n`);
        if (script.tls && script.upgradeAfter?.test(line)) {
          socket.off('data', onData);
          const secured = new TLSSocket(socket, { isServer: true, ...script.tls });
          secured.on('error', () => undefined);
          talk(secured);
        }
      }
    };
    socket.on('data', onData);
  }

  function begin(socket: Socket): void {
    sockets.add(socket);
    socket.on('error', () => undefined);
    socket.on('close', () => sockets.delete(socket));
    if (script.greeting !== undefined) socket.write(`${script.greeting}\r\n`);
    if (script.behave) script.behave(socket);
    else talk(socket);
  }

  const server =
    script.tls && !script.upgradeAfter ? createTlsServer(script.tls, begin) : createServer(begin);
  if (script.tls) server.on('tlsClientError', () => undefined);
  const port = await listen(server as never);
  return {
    port,
    received,
    idle: () => until('the connections are closed', () => sockets.size === 0),
    async close() {
      for (const socket of sockets) socket.destroy();
      await new Promise((resolve) => server.close(resolve));
    },
  };
}

/** An IMAP server that accepts a token. @param more other answers, by the command's first word */
export const imapScript = (more: Record<string, (tag: string) => string> = {}): Script['answer'] => {
  let signingIn = '';
  return (line) => {
    if (signingIn) {
      const tag = signingIn;
      signingIn = '';
      return more.token?.(tag) ?? `${tag} OK Logged in`;
    }
    const [tag = '', command = ''] = line.split(' ');
    if (more[command]) return more[command](tag);
    if (command === 'CAPABILITY') return `* CAPABILITY IMAP4rev1 AUTH=PLAIN AUTH=XOAUTH2\r\n${tag} OK done`;
    if (command === 'AUTHENTICATE') {
      signingIn = tag;
      return '+ ';
    }
    if (command === 'EXAMINE') return `* 3 EXISTS\r\n* 0 RECENT\r\n${tag} OK [READ-ONLY] done`;
    if (command === 'LOGOUT') return `* BYE\r\n${tag} OK bye`;
    return `${tag} BAD what?`;
  };
};
