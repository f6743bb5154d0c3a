import { readFileSync } from 'node:fs';
import path from 'node:path';
import { SMTPServer } from 'smtp-server';
import { freePort } from '../lab/ports.js';
import { lab } from './instance.js';
import { isActive } from './stored-token.js';

/**
 * A submission server that accepts XOAUTH2 only, over STARTTLS, and asks the lab's provider about each token. It keeps
 * what it receives.
 */
export async function submissionServer() {
  const received: { user: string; from: string; to: string[]; text: string }[] = [];
  const folder = path.join(lab.dir, 'dovecot');
  const server = new SMTPServer({
    key: readFileSync(path.join(folder, 'key.pem')),
    cert: readFileSync(path.join(folder, 'cert.pem')),
    authMethods: ['XOAUTH2'],
    onAuth({ username = '', accessToken = '' }, _session, done) {
      isActive(accessToken).then(
        (active) =>
          active
            ? done(null, { user: username })
            : done(null, { data: { status: '401', schemes: 'bearer' } }),
        done,
      );
    },
    onData(stream, { user, envelope }, done) {
      const chunks: Buffer[] = [];
      stream.on('data', (chunk: Buffer) => chunks.push(chunk));
      stream.on('end', () => {
        const from = envelope.mailFrom ? envelope.mailFrom.address : '';
        const to = envelope.rcptTo.map(({ address }) => address);
        received.push({ user: String(user), from, to, text: Buffer.concat(chunks).toString() });
        done();
      });
    },
  });
  server.on('error', () => undefined);
  const port = await freePort();
  await new Promise<void>((resolve) => server.listen(port, '127.0.0.1', resolve));
  return { port, received, close: () => new Promise<void>((resolve) => server.close(() => resolve())) };
}
