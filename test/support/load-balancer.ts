import { createServer, request } from 'node:http';
import type { AddressInfo } from 'node:net';
import { lab } from './instance.js';

/**
 * A proxy before the helpdesk's Apache, for a browser whose address is not loopback. The test instance's Apache
 * believes X-Forwarded-For from loopback (mod_remoteip), as sites with a load balancer have it.
 * @returns the address of index.pl through it
 */
export async function loadBalancer(address: string): Promise<{ url: string; close(): Promise<void> }> {
  const server = createServer((incoming, outgoing) => {
    const sent = request(
      {
        host: '127.0.0.1',
        port: lab.ports.apache,
        method: incoming.method,
        path: incoming.url,
        headers: { ...incoming.headers, 'x-forwarded-for': address },
      },
      (answer) => {
        outgoing.writeHead(answer.statusCode ?? 502, answer.headers);
        answer.pipe(outgoing);
      },
    );
    sent.on('error', () => outgoing.writeHead(502).end());
    incoming.pipe(sent);
  });
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve));
  const { port } = server.address() as AddressInfo;
  return {
    url: `http://127.0.0.1:${port}/otrs/index.pl`,
    close: () =>
      new Promise((resolve) => {
        server.closeAllConnections();
        server.close(() => resolve());
      }),
  };
}
