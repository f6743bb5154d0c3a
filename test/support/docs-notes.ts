import type { BootedMachine } from './booted-machine.js';
import { putSecondHelpdesk, SECOND } from './machine-helpdesk.js';

/** Where a command of the documentation needs more than to be run, or rightly does not end with 0. */
export interface Note {
  why: string;
  code?: number;
  /** In the shell of the machine. */
  before?: string | ((machine: BootedMachine) => Promise<unknown>);
  after?: string;
}

/** Programs that the machine does not have, or that have nothing to do with it. */
export const ELSEWHERE: Record<string, string> = {
  apachectl: 'of RHEL; test/e2e/machine-red-hat.test.ts installs there',
  dnf: 'of RHEL',
  make: 'needs the sources; .ci/run and test/e2e/packages.test.ts, container.test.ts and demo.test.ts run it',
  plackup: 'serves until it is stopped; test/e2e/nginx-alone.test.ts starts it the same way',
  podman: 'Podman does not run here, as docs/tested.md says',
  promtool: 'of Prometheus; docs/tested.md says when it was last run',
  semanage: 'there is no SELinux here',
  source: 'for zsh; test/e2e/cli-completion-zsh.test.ts has one',
  setsebool: 'there is no SELinux here',
};

const GUID = '1b2c3d4e-1111-2222-3333-444455556666';
const CALLBACK = 'http://localhost/otrs/get-oauth2-token-by-authorization-code.pl';
const READY = `timeout 60 sh -c 'until curl -sfo /dev/null http://127.0.0.1:18270/readyz; do sleep 0.1; done'`;

/** What the browser's address line shows after the consent. */
const addressAfterConsent = (callback: string, words: string): string =>
  `state=$(znuny-oauth2 token authorize-url "Support mailbox" ${words} | sed 's/.*[?&]state=\\([^&]*\\).*/\\1/')
   echo "${callback}?code=given&state=$state"`;

/** A mailbox of Microsoft 365 with a token, as the screens would add it. */
const SUPPORT_MAILBOX = `znuny-oauth2 config add "Support mailbox" --sign-in organizations --client-id ${GUID} < secret.txt
   (${addressAfterConsent(CALLBACK, '--user jane')}) > given.txt
   znuny-oauth2 token complete --user jane < given.txt`;
const WITHOUT_SUPPORT_MAILBOX = 'znuny-oauth2 config delete "Support mailbox" --yes';

/** Of a Google service account. */
const KEY_FILE = `openssl genpkey -algorithm RSA -pkeyopt rsa_keygen_bits:2048 -out account.pem
   node -e 'console.log(JSON.stringify({ type: "service_account", client_id: "103", client_email: "helpdesk@example.iam.gserviceaccount.com",
     private_key_id: "0a1b", private_key: fs.readFileSync("account.pem", "utf8"), token_uri: "https://oauth2.googleapis.com/token" }))' > key.json`;

const PFX = `echo of-the-file > password.txt
   openssl req -x509 -newkey rsa:2048 -nodes -days 30 -subj /CN=app -keyout app.key -out app.crt
   openssl pkcs12 -export -inkey app.key -in app.crt -out app.pfx -passout file:password.txt`;

/** docs/relay.md, "Without a helpdesk". */
export const ALONE = { SIDECAR_CONFIG: '/etc/oauth2-relay.conf' };
const ALONE_CALLBACK = 'http://localhost/get-oauth2-token-by-authorization-code.pl';
const WITHOUT_HELPDESK = `systemctl stop znuny-oauth2
   mariadb -e "CREATE DATABASE oauth2_sidecar; CREATE USER oauth2_sidecar IDENTIFIED BY 'of-the-relay'; GRANT ALL ON oauth2_sidecar.* TO oauth2_sidecar"
   install -d -m 0700 -o znuny-oauth2 -g znuny-oauth2 /var/lib/oauth2-relay
   cat > ${ALONE.SIDECAR_CONFIG} <<EOF
HELPDESK_HOME=none
HELPDESK_DATABASE_DSN=DBI:mysql:database=oauth2_sidecar;host=127.0.0.1
HELPDESK_DATABASE_USER=oauth2_sidecar
HELPDESK_DATABASE_PASSWORD=of-the-relay
SIDECAR_STATE=/var/lib/oauth2-relay
SIDECAR_PORT=18270
SIDECAR_RELAY=imap://127.0.0.1:1143 smtp://127.0.0.1:1587
SIDECAR_ALLOW_ADDRESSES=127.0.0.0/8
EOF
   chown root:znuny-oauth2 ${ALONE.SIDECAR_CONFIG}; chmod 640 ${ALONE.SIDECAR_CONFIG}
   systemd-run --quiet --unit=relay-alone -p User=znuny-oauth2 -E SIDECAR_CONFIG=${ALONE.SIDECAR_CONFIG} \\
     -E NODE_EXTRA_CA_CERTS=/etc/ssl/provider-ca.pem znuny-oauth2 serve
   ${READY}`;

/** docs/install.md, "The web server by hand". */
const rulesByHand = (server: 'apache' | 'nginx', file: string): string =>
  `rules=$(znuny-oauth2 ${server}-rules) && printf '%s\\n' "$rules" | install -m 0600 /dev/stdin ${file}`;

/** What the pages put elsewhere by hand, and the reader removes by hand: docs/operations.md, "Removal". */
const BY_HAND = [
  '/etc/bash_completion.d/znuny-oauth2',
  '/etc/httpd/conf.d/zzz-oauth2-sidecar.conf',
  '/etc/nginx/snippets/oauth2-sidecar.conf',
  '/etc/prometheus/rules/oauth2-sidecar.rules.yml',
];

const NOT_WELL: Note = { why: 'no daemon runs here, and nobody answers at https', code: 4 };

/** By command, as it stands in the pages. All others end with 0 and need nothing. */
export const NOTES: Record<string, Note> = {
  'npm install -g --offline ./znuny-oauth2-sidecar-0.1.0.tgz': {
    why: 'the package and the archive are alternatives',
    after: 'npm uninstall -g znuny-oauth2-sidecar',
  },
  [rulesByHand('apache', '/etc/httpd/conf.d/zzz-oauth2-sidecar.conf')]: {
    why: 'the folder is that of RHEL',
    before: 'mkdir -p /etc/httpd/conf.d',
  },
  [rulesByHand('nginx', '/etc/nginx/snippets/oauth2-sidecar.conf')]: {
    why: 'the machine has Apache; nginx would stand in front of it',
    before: 'mkdir -p /etc/nginx/snippets',
  },
  'znuny-oauth2 install --home /opt/otrs --name second --port 18280 --host second.example.com': {
    why: 'there must be a second helpdesk',
    before: (machine) => putSecondHelpdesk(machine, 'second.example.com'),
  },
  'znuny-oauth2 migrate --home /opt/otrs': {
    why: 'the second helpdesk is no longer needed',
    after: `znuny-oauth2 uninstall --home ${SECOND} && rm -r ${SECOND}
      a2dissite -q second && systemctl reload apache2`,
  },
  [`znuny-oauth2 config add "Support mailbox" --sign-in tenant --tenant example.com --client-id ${GUID} --client-secret-expires 2028-11-30 --dry-run < secret.txt`]:
    { why: 'it adds nothing, and the commands after it need a mailbox', after: SUPPORT_MAILBOX },
  'znuny-oauth2 alert test': { why: 'no channel is switched on', code: 4 },
  'znuny-oauth2 doctor': NOT_WELL,
  'znuny-oauth2 doctor --only callback,11': NOT_WELL,
  'znuny-oauth2 doctor --read-only --strict --json': NOT_WELL,
  'setpriv --reuid=znuny-oauth2 --regid=www-data --groups=znuny-oauth2 znuny-oauth2 doctor': NOT_WELL,
  'znuny-oauth2 completion bash > /etc/bash_completion.d/znuny-oauth2': {
    why: 'the folder belongs to the package bash-completion',
    before: 'mkdir -p /etc/bash_completion.d',
  },
  'znuny-oauth2 service-account import "Support mailbox" key.json': {
    why: 'the mailbox of this page is one of Google',
    before: `${WITHOUT_SUPPORT_MAILBOX}
      ${KEY_FILE}
      znuny-oauth2 config add "Support mailbox" --template "Google Workspace service account" --client-id 103 --mailbox support@example.com`,
    after: `${WITHOUT_SUPPORT_MAILBOX}
      ${SUPPORT_MAILBOX}`,
  },
  'znuny-oauth2 certificate import "Support mailbox" app.pfx --password-file password.txt': {
    why: 'the file comes from elsewhere',
    before: PFX,
  },
  "su -s /bin/sh -c '/opt/znuny/scripts/backup.pl -d /backup' www-data": {
    why: 'the user must be able to write to the folder, and restore.pl is called with the day of the page',
    before: 'install -d -o www-data /backup',
    after: 'mv /backup/* /backup/2026-11-25_07-46',
  },
  'systemctl start apache2 znuny-oauth2': { why: 'the service takes a moment', after: READY },
  'apt-get install ./znuny-oauth2_0.2.0_all.deb': { why: 'the service takes a moment', after: READY },
  "systemctl stop 'znuny-oauth2-relay-*.socket' znuny-oauth2.service": {
    why: 'the service is needed again',
    after: `znuny-oauth2 install --relay off && systemctl start znuny-oauth2 && ${READY}`,
  },
  'znuny-oauth2 config add "Support mailbox" --template "Google Mail" --client-id ID --client-secret-file secret.txt':
    { why: 'a relay alone must run', before: WITHOUT_HELPDESK },
  'znuny-oauth2 token complete < address.txt': {
    why: 'the address comes from the browser',
    before: `${addressAfterConsent(ALONE_CALLBACK, '').replace('znuny', `SIDECAR_CONFIG=${ALONE.SIDECAR_CONFIG} znuny`)} > address.txt`,
  },
  'znuny-oauth2 relay add "Support mailbox" --login support@example.com --client Scanner': {
    why: 'the helpdesk is back after the relay alone',
    after: `systemctl stop relay-alone; systemctl start znuny-oauth2; ${READY}
      mariadb -e "DROP DATABASE oauth2_sidecar; DROP USER oauth2_sidecar"`,
  },
  'znuny-oauth2 mailbox test "Support mailbox" --account smtp': {
    why: 'of the settings of this page, only the last one is set here',
    code: 3,
  },
  'systemctl disable --now znuny-oauth2.socket znuny-oauth2': {
    why: 'the block before it has removed everything; here the program itself does not run',
    before: `apt-get install -y ./znuny-oauth2_0.2.0_all.deb && znuny-oauth2 install && ${READY}
      mv /usr/lib/znuny-oauth2 /root/moved`,
  },
  'userdel znuny-oauth2': {
    why: 'the package remains, of which the page says nothing where the program does not run',
    after: `mv /root/moved /usr/lib/znuny-oauth2 && apt-get purge -y znuny-oauth2
      rm ${BY_HAND.join(' ')}`,
  },
};
