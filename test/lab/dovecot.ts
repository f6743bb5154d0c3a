import { mkdirSync, writeFileSync } from 'node:fs';
import path from 'node:path';
import { CREDENTIALS, type Instance } from './instance.js';
import { giveToLabUser, labUser } from './lab-user.js';
import { selfSigned } from './self-signed.js';
import { startServer } from './servers.js';

/** Dovecot asks the provider about each token, as a mailbox provider would (RFC 7662). */
function oauth2(of: Instance): string {
  const { id, secret } = CREDENTIALS.client;
  return `introspection_mode = post
introspection_url = http://${id}:${secret}@127.0.0.1:${of.ports.provider}/token/introspection
username_attribute = sub
active_attribute = active
active_value = true
`;
}

/** As Exchange opens mailboxes to an app: its token names no user, only the client. */
const ofApp = (of: Instance): string =>
  `${oauth2(of).replace('username_attribute = sub', 'username_attribute = client_id')}username_format = ${CREDENTIALS.app.id}
`;

function configuration(of: Instance, base: string): string {
  const { name, group } = labUser();
  const services = ['anvil', 'imap-login', 'pop3-login', 'stats', 'log'];
  const chroots = services.map((service) => `service ${service} {\n  chroot =\n}`).join('\n');
  return `base_dir = ${base}/run
state_dir = ${base}/state
log_path = /dev/stderr
protocols = imap pop3
listen = 127.0.0.1
ssl = yes
ssl_cert = <${base}/cert.pem
ssl_key = <${base}/key.pem
disable_plaintext_auth = no
auth_failure_delay = 0
default_internal_user = ${name}
default_internal_group = ${group}
default_login_user = ${name}
first_valid_uid = 1
first_valid_gid = 1
auth_mechanisms = xoauth2 oauthbearer
mail_location = maildir:${of.mail}/%u
${chroots}
# Refused tokens are our business here: no growing delays.
service anvil {
  unix_listener anvil-auth-penalty {
    mode = 0
  }
}
service imap-login {
  inet_listener imap {
    port = ${of.ports.imap}
  }
  inet_listener imaps {
    port = ${of.ports.imaps}
    ssl = yes
  }
}
service pop3-login {
  inet_listener pop3 {
    port = ${of.ports.pop3}
  }
  inet_listener pop3s {
    port = ${of.ports.pop3s}
    ssl = yes
  }
}
passdb {
  driver = oauth2
  mechanisms = xoauth2 oauthbearer
  username_filter = !*@app.test
  args = ${base}/oauth2.conf
}
passdb {
  driver = oauth2
  mechanisms = xoauth2 oauthbearer
  username_filter = *@app.test
  args = ${base}/oauth2-app.conf
}
userdb {
  driver = static
  args = uid=${labUser().uid} gid=${labUser().gid} home=${of.mail}/%u
}
`;
}

/** Starts a mail server that knows its users by their tokens only; no authority has signed its certificate. */
export async function startDovecot(of: Instance): Promise<void> {
  const base = path.join(of.dir, 'dovecot');
  const users = [...CREDENTIALS.mailboxes, ...CREDENTIALS.app.mailboxes];
  const folders = users.flatMap((user) =>
    ['new', 'cur', 'tmp'].map((folder) => path.join(of.mail, user, folder)),
  );
  for (const folder of [base, `${base}/run`, `${base}/state`, of.mail, ...folders]) {
    mkdirSync(folder, { recursive: true });
    giveToLabUser(folder);
  }
  for (const user of users) giveToLabUser(path.join(of.mail, user));
  const { key, cert } = await selfSigned();
  writeFileSync(path.join(base, 'key.pem'), key, { mode: 0o600 });
  writeFileSync(path.join(base, 'cert.pem'), cert);
  for (const file of ['key.pem', 'cert.pem']) giveToLabUser(path.join(base, file));
  writeFileSync(path.join(base, 'oauth2.conf'), oauth2(of));
  writeFileSync(path.join(base, 'oauth2-app.conf'), ofApp(of));
  writeFileSync(path.join(base, 'dovecot.conf'), configuration(of, base));
  await startServer(of, 'dovecot', {
    port: of.ports.imap,
    command: '/usr/sbin/dovecot',
    args: ['-F', '-c', path.join(base, 'dovecot.conf')],
  });
}
