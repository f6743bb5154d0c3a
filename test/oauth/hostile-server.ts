import {
  createServer,
  type IncomingMessage,
  type RequestListener,
  type Server,
  type ServerResponse,
} from 'node:http';
import type { AddressInfo } from 'node:net';

/** A token endpoint on 127.0.0.1 that misbehaves as a test says, and remembers the requests that it received. */
export interface HostileServer {
  url: string;
  received: { method: string; url: string; headers: IncomingMessage['headers']; body: string }[];
  /** How the next requests are answered. */
  answer: (response: ServerResponse, request: IncomingMessage) => void;
  close(): Promise<void>;
}

export async function listen(server: Server): Promise<number> {
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve));
  return (server.address() as AddressInfo).port;
}

export async function hostileServer(): Promise<HostileServer> {
  const handler: RequestListener = (request, response) => {
    const chunks: Buffer[] = [];
    request.on('data', (chunk: Buffer) => chunks.push(chunk));
    request.on('end', () => {
      hostile.received.push({
        method: request.method ?? '',
        url: request.url ?? '',
        headers: request.headers,
        body: Buffer.concat(chunks).toString(),
      });
      hostile.answer(response, request);
    });
  };
  const server = createServer(handler);
  const port = await listen(server);
  const hostile: HostileServer = {
    url: `http://127.0.0.1:${port}/token`,
    received: [],
    answer: (response) => json(response, 200, { access_token: 'a' }),
    async close() {
      server.closeAllConnections();
      await new Promise((resolve) => server.close(resolve));
    },
  };
  return hostile;
}

export function json(response: ServerResponse, status: number, value: unknown, headers = {}): void {
  response.writeHead(status, { 'content-type': 'application/json', ...headers });
  response.end(JSON.stringify(value));
}

export function html(response: ServerResponse, status: number, headers = {}): void {
  response.writeHead(status, { 'content-type': 'text/html', ...headers });
  response.end('<!doctype html><title>Sign in</title>');
}
