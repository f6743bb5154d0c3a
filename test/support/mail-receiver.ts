import { SMTPServer } from 'smtp-server';
import { selfSigned } from '../lab/self-signed.js';
import { listen } from '../oauth/hostile-server.js';

interface ReceivedMail {
  /** Empty where nobody signed in. */
  user: string;
  to: string[];
  isEncrypted: boolean;
  source: string;
}

/** An SMTP server with STARTTLS that takes mail from whoever signs in with this password. */
export async function mailReceiver(password: string) {
  const received: ReceivedMail[] = [];
  const server = new SMTPServer({
    ...(await selfSigned()),
    onAuth(auth, _session, done) {
      if (auth.password === password) done(null, { user: auth.username ?? '' });
      else done(new Error('5.7.8 Authentication failed'));
    },
    onData(stream, session, done) {
      const chunks: Buffer[] = [];
      stream.on('data', (chunk: Buffer) => chunks.push(chunk));
      stream.on('end', () => {
        received.push({
          user: String(session.user ?? ''),
          to: session.envelope.rcptTo.map(({ address }) => address),
          isEncrypted: session.secure,
          source: Buffer.concat(chunks).toString('utf8'),
        });
        done(null, 'Queued as 4711');
      });
    },
  });
  server.on('error', () => undefined);
  return {
    port: await listen(server.server as never),
    received,
    close: () => new Promise<void>((resolve) => server.close(resolve)),
  };
}
