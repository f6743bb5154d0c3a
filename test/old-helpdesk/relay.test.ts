import { readFileSync } from 'node:fs';
import { connect } from 'node:net';
import { expect } from 'chai';
import { ImapFlow } from 'imapflow';
import { CREDENTIALS } from '../lab/instance.js';
import { until } from '../lab/ports.js';
import { grantedConfig, removeConfigs } from '../support/granted-config.js';
import { console, databaseRows, deliverMail, perl, provider } from '../support/lab.js';
import { createRandom } from '../support/random.js';
import { relayPassword, relaySidecar } from '../support/relay.js';
import { broken, conversationOf, cut } from '../support/relay-conversations.js';
import { submissionServer } from '../support/submission-server.js';

const [SUPPORT] = CREDENTIALS.mailboxes;
const NAME = `Relayed ${Date.now()}`;

describe('a helpdesk that can only send a password, through the relay', () => {
  let relay: Awaited<ReturnType<typeof relaySidecar>>;
  let smtp: Awaited<ReturnType<typeof submissionServer>>;
  let password: string;

  const ticket = async (title: string) =>
    (await databaseRows(`SELECT id FROM ticket WHERE title = '${title}'`)).length;

  /** An ordinary mail account of the helpdesk, with a password. */
  const account = async (type: 'IMAP' | 'POP3', port: number, word: string): Promise<string> =>
    perl(`print $Kernel::OM->Get('Kernel::System::MailAccount')->MailAccountAdd(
      Login => '${SUPPORT}', Password => '${word}', Host => '127.0.0.1:${port}', Type => '${type}',
      IMAPFolder => 'INBOX', ValidID => 1, Trusted => 0, DispatchingBy => 'Queue', QueueID => 1, UserID => 1,
    );`);

  before(async () => {
    await provider.reset();
    const configId = await grantedConfig(NAME);
    smtp = await submissionServer();
    relay = await relaySidecar();
    ({ password } = await relayPassword(configId, SUPPORT, { smtp: smtp.port, client: 'Helpdesk' }));
  });
  after(async () => {
    await relay.stop();
    await smtp.close();
    await databaseRows("DELETE FROM mail_account WHERE host LIKE '127.0.0.1:%'");
    await removeConfigs([NAME]);
  });

  it('fetches by IMAP from a mail server that accepts XOAUTH2 only: the mail becomes a ticket', async () => {
    deliverMail(SUPPORT, `${NAME} IMAP`);
    const id = await account('IMAP', relay.ports.imap, password);
    const said = await console('Maint::PostMaster::MailAccountFetch', '--mail-account-id', id, '--debug');
    expect(await ticket(`${NAME} IMAP`), said).to.equal(1);
  });

  it('fetches while other programs of the machine send nonsense to the same relay', async () => {
    const seed = Date.now();
    const random = createRandom(seed);
    let isOn = true;
    const ended = { imap: 0, pop3: 0, smtp: 0 };
    /** One broken conversation after the other. */
    const nonsense = async (protocol: keyof typeof ended) => {
      while (isOn) {
        const { before: text, after: more } = conversationOf(protocol, random);
        const socket = connect(relay.ports[protocol], '127.0.0.1');
        const closed = new Promise((resolve) => socket.once('close', resolve));
        socket.on('error', () => undefined).resume();
        for (const piece of cut(random, broken(random, text) + more.slice(0, 1000)))
          socket.write(piece, 'latin1');
        socket.end();
        await closed;
        ended[protocol]++;
      }
    };
    const others = (['imap', 'imap', 'pop3', 'smtp', 'smtp'] as const).map(nonsense);
    deliverMail(SUPPORT, `${NAME} beside`);
    const id = await account('IMAP', relay.ports.imap, password);
    const said = await console('Maint::PostMaster::MailAccountFetch', '--mail-account-id', id, '--debug');
    isOn = false;
    await Promise.all(others);
    expect(await ticket(`${NAME} beside`), `seed ${seed} ${said}`).to.equal(1);
    for (const [protocol, count] of Object.entries(ended)) expect(count, protocol).to.be.greaterThan(5);
    const metrics = await (await fetch(`http://127.0.0.1:${relay.port}/metrics`)).text();
    for (const protocol of ['imap', 'pop3', 'smtp'])
      expect(metrics).to.match(
        new RegExp(`relay_connections_total\\{protocol="${protocol}",outcome="protocol"\\} [1-9]`),
      );
    expect(readFileSync(relay.log, 'utf8')).to.not.contain('the relay could not serve a client');
  });

  it('fetches by POP3', async () => {
    deliverMail(SUPPORT, `${NAME} POP3`);
    const id = await account('POP3', relay.ports.pop3, password);
    const said = await console('Maint::PostMaster::MailAccountFetch', '--mail-account-id', id, '--debug');
    expect(await ticket(`${NAME} POP3`), said).to.equal(1);
  });

  it('sends by SMTP to a server that accepts XOAUTH2 only', async () => {
    await perl(`
      my $Config = $Kernel::OM->Get('Kernel::Config');
      $Config->Set(Key => 'SendmailModule', Value => 'Kernel::System::Email::SMTP');
      $Config->Set(Key => 'SendmailModule::Host', Value => '127.0.0.1');
      $Config->Set(Key => 'SendmailModule::Port', Value => '${relay.ports.smtp}');
      $Config->Set(Key => 'SendmailModule::AuthUser', Value => '${SUPPORT}');
      $Config->Set(Key => 'SendmailModule::AuthPassword', Value => '${password}');
      $Config->Set(Key => 'CheckEmailAddresses', Value => 0);
      my $Sent = $Kernel::OM->Get('Kernel::System::Email::SMTP')->Send(
        From => '${SUPPORT}', ToArray => ['customer@example.test'],
        Header => \\('Subject: ${NAME} SMTP' . "\\nFrom: " . '${SUPPORT}' . "\\n"), Body => \\"Line\\n.\\nEnd\\n",
        CommunicationLogObject => $Kernel::OM->Create('Kernel::System::CommunicationLog',
          ObjectParams => { Transport => 'Email', Direction => 'Outgoing' }),
      );
      print $Sent->{Success};`);
    await until('the mail', () => smtp.received.length === 1, 10_000);
    const [mail] = smtp.received;
    expect(mail?.user).to.equal(SUPPORT);
    expect(mail?.to).to.deep.equal(['customer@example.test']);
    expect(mail?.text).to.contain(`Subject: ${NAME} SMTP`).and.contain('Line\r\n.\r\nEnd');
  });

  it('is refused where the consent was withdrawn, with the sentence of the overview', async () => {
    await provider.revokeEverything();
    await databaseRows(`UPDATE oauth2_token SET change_time = UTC_TIMESTAMP() - INTERVAL 1 HOUR,
      token_expiration_date = UTC_TIMESTAMP() - INTERVAL 5 SECOND
      WHERE token_config_id IN (SELECT id FROM oauth2_token_config WHERE name = '${NAME}')`);
    const id = await account('IMAP', relay.ports.imap, password);
    await console('Maint::PostMaster::MailAccountFetch', '--mail-account-id', id);
    const [[logged = ''] = []] = await databaseRows(
      `SELECT e.log_value FROM communication_log_object_entry e JOIN communication_log_object o
       ON o.id = e.communication_log_object_id JOIN communication_log c ON c.id = o.communication_id
       WHERE c.account_id = '${id}' AND e.priority = 'Error' ORDER BY e.id DESC LIMIT 1`,
    );
    // This version's module for IMAP does not log what a mail server says; the relay's own log has it.
    expect(logged).to.contain(`Auth for user ${SUPPORT}`);
    expect(readFileSync(relay.log, 'utf8'))
      .to.contain('the relay refused a sign-in')
      .and.contain('Request a new token');
    const client = new ImapFlow({
      ...{ host: '127.0.0.1', port: relay.ports.imap, secure: false, logger: false },
      auth: { user: SUPPORT, pass: password },
    });
    const fault = await client.connect().then(
      () => ({ responseText: 'signed in' }),
      (error) => error,
    );
    expect(fault.serverResponseCode).to.equal('AUTHENTICATIONFAILED');
    expect(fault.responseText).to.contain('Request a new token');
  });
});
