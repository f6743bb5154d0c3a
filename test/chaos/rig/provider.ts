import { createServer, type ServerResponse } from 'node:http';
import type { AddressInfo, Socket } from 'node:net';
import { createLedger } from './ledger.js';

/** What a provider does with one request: the answer is ready in `json` once the refresh token is used. */
export interface Manner {
  /** Is the refresh token used, so that the answer counts? */
  exchanges: boolean;
  /** Does it withhold the answer although it counts? */
  withholds?: boolean;
  answer(response: ServerResponse, json: string): void;
}

const TYPE = 'application/json';
const end = (response: ServerResponse, status: number, body: string, headers: Record<string, string> = {}) =>
  response.writeHead(status, { 'Content-Type': TYPE, Connection: 'close', ...headers }).end(body);

/** At once, or this many milliseconds late. */
export const well = (lateMs = 0, contentType: string | null = TYPE): Manner => ({
  exchanges: true,
  answer(response, json) {
    const headers: Record<string, string> = { Connection: 'close' };
    if (contentType !== null) headers['Content-Type'] = contentType;
    const send = () => response.writeHead(200, headers).end(json);
    if (lateMs > 0) setTimeout(send, lateMs);
    else send();
  },
});
/** Accepts the request and never answers. */
export const hangs: Manner = { exchanges: false, answer: () => undefined };
export const refuses = (status: number, headers: Record<string, string> = {}): Manner => ({
  exchanges: false,
  answer: (response) => end(response, status, '{"error":"temporarily_unavailable"}', headers),
});
/** Uses the refresh token and drops the connection. */
export const drops: Manner = {
  exchanges: true,
  withholds: true,
  answer: (response) => response.socket?.destroy(),
};
export const half: Manner = {
  exchanges: true,
  withholds: true,
  answer(response, json) {
    response.writeHead(200, { 'Content-Type': TYPE, 'Content-Length': String(json.length) });
    response.write(json.slice(0, json.length / 2), () => response.socket?.destroy());
  },
};

/** A token endpoint on loopback with the ledger of a provider with strict rotation. */
export async function startStrictProvider(port: number) {
  const ledger = createLedger();
  const sockets = new Set<Socket>();
  let manner: () => Manner = () => well();
  let lifetime = 20;
  let requests = 0;

  const server = createServer((request, response) => {
    const parts: Buffer[] = [];
    request.on('data', (part: Buffer) => parts.push(part));
    request.on('error', () => undefined);
    request.on('end', () => {
      requests++;
      const { exchanges, withholds = false, answer } = manner();
      if (!exchanges) return answer(response, '');
      const token = new URLSearchParams(Buffer.concat(parts).toString()).get('refresh_token') ?? '';
      const done = ledger.exchange(token);
      if (!done) return end(response, 400, '{"error":"invalid_grant","error_description":"Used before."}');
      const { exchange, accessToken, refreshToken } = done;
      exchange.withheld = withholds;
      const { socket } = request;
      // Node.js would close the connection once everything is sent; kept open, it shows when the client has read the
      // answer.
      socket.destroySoon = () => void socket.end();
      response.on('finish', () => {
        // The answer to a client that has disconnected goes nowhere.
        if (exchange.closedAt === undefined) exchange.sentAt = Date.now();
      });
      socket.once('end', () => {
        if (exchange.sentAt !== undefined) exchange.readAt = Date.now();
      });
      socket.once('close', () => (exchange.closedAt = Date.now()));
      return answer(
        response,
        JSON.stringify({
          access_token: accessToken,
          refresh_token: refreshToken,
          token_type: 'Bearer',
          expires_in: lifetime,
        }),
      );
    });
  });
  server.on('connection', (socket) => {
    sockets.add(socket);
    socket.on('error', () => undefined);
    socket.once('close', () => sockets.delete(socket));
  });
  await new Promise<void>((resolve, reject) => {
    server.once('error', reject);
    server.listen(port, '127.0.0.1', resolve);
  });
  return {
    ledger,
    url: `http://127.0.0.1:${(server.address() as AddressInfo).port}/token`,
    requests: () => requests,
    /** How it answers from now on; a function is called for each request. */
    behave(next: Manner | (() => Manner)): void {
      manner = typeof next === 'function' ? next : () => next;
    },
    /** Lifetime of the access tokens from now on, in seconds. */
    setLifetime(seconds: number): void {
      lifetime = seconds;
    },
    lifetime: () => lifetime,
    async stop(): Promise<void> {
      for (const socket of sockets) socket.destroy();
      await new Promise((resolve) => server.close(resolve));
    },
  };
}

export type StrictProvider = Awaited<ReturnType<typeof startStrictProvider>>;
