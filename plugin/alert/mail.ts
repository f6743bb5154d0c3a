import type { Socket } from 'node:net';
import type { Duplex } from 'node:stream';
import type { AlertChannel, Delivery } from '../domain/alert/alert-channel.js';
import type { AlertMessage } from '../domain/alert/alert-message.js';
import type { AlertMail } from '../domain/alert/mail-settings.js';
import { echoFinder } from '../lib/echo.js';
import { inTime } from '../lib/in-time.js';
import { limitedSocket } from '../lib/limited-socket.js';
import { scrub } from '../lib/scrub.js';

export interface AlertMailDeps {
  /** Connects to an allowed address of the server. */
  connect(server: { host: string; port: number }): Promise<Socket>;
  /** The access token of a token configuration; null: there is none. */
  accessToken(tokenConfig: string): Promise<string | null>;
}

/** Milliseconds for each phase: greeting, and silence of the server. */
const PHASE = 8000;
/** Milliseconds for everything after the connection. */
const DIALOGUE = 12_000;
const MOST_SHOWN = 150;
/** How much a server may say in one dialogue, in bytes. */
const MOST_READ = 64 * 1024;

/** What the server said, as one short line without the secrets that it was sent. */
function words(error: unknown, secrets: string[]): string {
  const { response, code, name } = error as { response?: unknown; code?: unknown; name?: unknown };
  const text = typeof response === 'string' && response !== '' ? response : String(code ?? name ?? 'Error');
  const line = scrub(text.replace(/[\p{Cc}\p{Cf}\p{Zl}\p{Zp}]+/gu, ' ').trim());
  return echoFinder(secrets)(line) ? '[hidden]' : line.slice(0, MOST_SHOWN);
}

/** A mail with the headers of programs: no vacation notice answers it (RFC 3834), and a second copy is recognisable. */
const mailOf = ({ recipients, sender }: AlertMail, { id, title, text }: AlertMessage) => ({
  from: { name: 'OAuth2 Sidecar', address: sender },
  to: recipients,
  subject: title,
  text,
  messageId: `<${id}@${sender.split('@').at(-1)}>`,
  headers: { 'Auto-Submitted': 'auto-generated', Precedence: 'bulk', 'X-Auto-Response-Suppress': 'All' },
  disableFileAccess: true,
  disableUrlAccess: true,
});

/** Mails each message. nodemailer is loaded for it, because the service seldom sends one. */
export function createMail(mail: AlertMail, { connect, accessToken }: AlertMailDeps): AlertChannel {
  const { host, port, tls, verify, auth } = mail.server;

  async function send(message: AlertMessage): Promise<Delivery> {
    const token = auth && 'tokenConfig' in auth ? await accessToken(auth.tokenConfig) : null;
    if (auth && 'tokenConfig' in auth && token === null)
      return { ok: false, answer: `no access token: ${auth.tokenConfig}` };
    const secrets = [auth && 'password' in auth ? auth.password : null, token].filter(
      (secret) => secret !== null && secret !== '',
    ) as string[];
    let socket: Duplex | undefined;
    try {
      const { createTransport } = await import('nodemailer');
      socket = limitedSocket(await connect({ host, port }), MOST_READ);
      const transport = createTransport({
        host,
        port,
        // A limited socket has everything that nodemailer uses.
        connection: socket as Socket,
        secure: tls === 'implicit',
        requireTLS: tls === 'starttls',
        ignoreTLS: tls === 'none',
        tls: { rejectUnauthorized: verify },
        greetingTimeout: PHASE,
        socketTimeout: PHASE,
        ...(auth === null
          ? {}
          : token === null
            ? { auth: { user: auth.user, pass: 'password' in auth ? auth.password : '' } }
            : { auth: { type: 'OAuth2' as const, user: auth.user, accessToken: token } }),
      });
      const { response } = await inTime(transport.sendMail(mailOf(mail, message)), DIALOGUE);
      return { ok: true, answer: words({ response }, secrets) };
    } catch (error) {
      return { ok: false, answer: words(error, secrets) };
    } finally {
      socket?.destroy();
    }
  }

  return { name: 'mail', send };
}
