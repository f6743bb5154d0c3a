import { createServer, type IncomingHttpHeaders, type RequestListener } from 'node:http';
import type { AddressInfo } from 'node:net';
import { Webhook } from 'standardwebhooks';

export interface ReceivedHook {
  headers: IncomingHttpHeaders;
  body: string;
  /** The body, if the signature is right by the specification's own library; otherwise null. */
  verified: unknown;
}

/**
 * A receiver of webhooks as an admin runs one: it checks each signature with the specification's own library.
 * @param secret `whsec_…`
 */
export async function webhookReceiver(secret: string) {
  const received: ReceivedHook[] = [];
  const webhook = new Webhook(secret);
  /** What it answers; a test replaces it. */
  const answer: { with: RequestListener } = {
    with: (_request, response) => response.writeHead(204).end(),
  };
  const server = createServer((request, response) => {
    const chunks: Buffer[] = [];
    request.on('data', (chunk: Buffer) => chunks.push(chunk));
    request.on('end', () => {
      const body = Buffer.concat(chunks).toString('utf8');
      let verified: unknown = null;
      try {
        verified = webhook.verify(body, request.headers as Record<string, string>);
      } catch {
        // Shown as null.
      }
      received.push({ headers: request.headers, body, verified });
      answer.with(request, response);
    });
  });
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve));
  return {
    url: `http://127.0.0.1:${(server.address() as AddressInfo).port}/hook`,
    received,
    answer,
    close: () =>
      new Promise<void>((resolve) => {
        server.closeAllConnections();
        server.close(() => resolve());
      }),
  };
}
