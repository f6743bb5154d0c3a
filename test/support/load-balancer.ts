import { createServer, request } from 'node:http';
import type { AddressInfo } from 'node:net';
import { lab } from './instance.js';

/**
 * A proxy before the helpdesk's web servers, for a browser whose address is not loopback. The test instance's Apache
 * trusts X-Forwarded-For from loopback (mod_remoteip), as sites with a load balancer configure it.
 * @param ports of the web servers; each request goes to the next one, so no two in a row reach the same
 * @returns the address of index.pl through it, and which web server answered last
 */
export async function loadBalancer(
  address: string,
  ports: number[] = [lab.ports.apache],
): Promise<{ url: string; served(): number | undefined; close(): Promise<void> }> {
  let served = -1;
  const server = createServer((incoming, outgoing) => {
    served = (served + 1) % ports.length;
    const sent = request(
      {
        host: '127.0.0.1',
        port: ports[served],
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
    served: () => ports[served],
    close: () =>
      new Promise((resolve) => {
        server.closeAllConnections();
        server.close(() => resolve());
      }),
  };
}
