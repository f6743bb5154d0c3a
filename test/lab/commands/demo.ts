import { CREDENTIALS, instance } from '../instance.js';
import { startLab, stopLab } from '../lab.js';
import { main, say, step } from '../progress.js';

/** `make demo`: everything on loopback until Ctrl-C. Its passwords are known, so it protects nothing. */
const of = instance('demo');

function greeting(): string {
  const { root, admin, agent, client, mailboxes } = CREDENTIALS;
  return `
Open             ${of.urls.helpdesk}?Action=AdminOAuth2TokenManagement
Log in as        ${admin.login} / ${admin.password} (admin), ${agent.login} / ${agent.password} (agent), ${root.login} / ${root.password}

Four mailboxes are there: one works, one fails, one whose client secret expires soon, and one that needs consent. To connect
another: Connect a mailbox, Start from a template, "Lab provider", with client ID ${client.id} and client secret
${client.secret}. Its access tokens live 10 minutes, and its refresh tokens work once.
Two warnings belong to the demo: the helpdesk's daemon does not run, so mail is fetched only by "Fetch now", and the address
begins with http, which real providers reject.
Mail servers: IMAP 127.0.0.1:${of.ports.imap}, POP3 127.0.0.1:${of.ports.pop3} (${mailboxes.join(', ')}).
The sidecar's log: .lab/demo/log/sidecar.log

Everything listens on loopback, with the passwords above or none: whoever has an account on this machine can
use all of it, the database included. Run it where you trust them.

Ctrl-C stops all of it.`;
}

/** The support modules of the tests act on the instance that this names. */
async function addMailboxes(): Promise<void> {
  process.env.LAB_INSTANCE = of.name;
  const { addDemoMailboxes } = await import('../../support/demo-mailboxes.js');
  await addDemoMailboxes();
}

await main(async () => {
  const stopped = new Promise<void>((resolve) => {
    process.once('SIGINT', resolve);
    process.once('SIGTERM', resolve);
  });
  try {
    await startLab(of, { fresh: false });
    await step('Add mailboxes', addMailboxes);
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
