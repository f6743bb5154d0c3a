import { CREDENTIALS, instance } from '../instance.js';
import { startLab, stopLab } from '../lab.js';
import { main, say } from '../progress.js';

/** `make demo`: everything on loopback until Ctrl-C. Its passwords are known, so it protects nothing. */
const of = instance('demo');

function greeting(): string {
  const { root, admin, agent, client, mailboxes } = CREDENTIALS;
  return `
The helpdesk     ${of.urls.helpdesk}
                 ${admin.login} / ${admin.password} (admin), ${agent.login} / ${agent.password} (agent), ${root.login} / ${root.password}
OAuth2 screens   ${of.urls.helpdesk}?Action=AdminOAuth2TokenManagement
                 Under "Start from a template" choose "Lab provider", with
                 client ID ${client.id} and client secret ${client.secret}
Provider         ${of.urls.provider} (access tokens live 10 minutes; refresh tokens work once)
Mailboxes        ${mailboxes.join(', ')}
                 IMAP 127.0.0.1:${of.ports.imap}, POP3 127.0.0.1:${of.ports.pop3}
Sidecar          ${of.urls.sidecar}/healthz, its log: .lab/demo/log/sidecar.log

Everything listens on loopback, with the passwords above or none: whoever has an account on this machine can
use all of it, the database included. Run it where you trust them.

Ctrl-C stops all of it.`;
}

await main(async () => {
  const stopped = new Promise<void>((resolve) => {
    process.once('SIGINT', resolve);
    process.once('SIGTERM', resolve);
  });
  try {
    await startLab(of, { fresh: false });
    say(greeting());
    const alive = setInterval(() => undefined, 60_000);
    await stopped;
    clearInterval(alive);
  } finally {
    say('\nStopping …');
    await stopLab(of);
  }
  return 0;
});
