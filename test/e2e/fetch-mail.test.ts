import { expect } from 'chai';
import { helpdeskEnvironment } from '../../plugin/config/helpdesk-environment.js';
import { createMailFetcher } from '../../plugin/helpdesk/mail-fetcher.js';
import { createHelpdeskPerl } from '../../plugin/helpdesk/perl.js';
import { CREDENTIALS } from '../lab/instance.js';
import { scriptedServer } from '../mail/scripted-server.js';
import { grantedConfig, removeConfigs } from '../support/granted-config.js';
import { databaseRows, deliverMail, lab, mailAccount, provider, session } from '../support/lab.js';

const [SUPPORT] = CREDENTIALS.mailboxes;
const NAME = `Fetched ${Date.now()}`;
const SCREEN = 'Action=AdminOAuth2TokenManagement';
const log = { info() {}, warn() {}, error() {} };
const ADMIN = 1;

/** Rows of the lock that permits one fetch at a time. */
const locks = async () =>
  (await databaseRows("SELECT process_id FROM process_id WHERE process_name = 'MailAccountFetch'")).length;

const logged = async (account: number) =>
  (
    await databaseRows(
      `SELECT status FROM communication_log WHERE account_id = '${account}' ORDER BY id DESC LIMIT 1`,
    )
  )[0]?.[0];

describe('"Fetch now", with the fetcher of the genuine helpdesk', () => {
  let configId: number;
  let account: number;
  const servers: { close(): unknown }[] = [];
  const fetcher = (limit?: number) =>
    createMailFetcher(createHelpdeskPerl(lab.home, helpdeskEnvironment(process.env)), log, limit);

  before(async () => {
    await provider.reset();
    configId = await grantedConfig(NAME);
    account = await mailAccount('IMAPS', configId, SUPPORT);
  });
  after(async () => {
    for (const server of servers) await server.close();
    await removeConfigs([NAME]);
  });

  it('fetches mail and names the tickets that it became', async () => {
    deliverMail(SUPPORT, `${NAME} <b>one</b>`);
    const end = await fetcher().fetch(account, ADMIN);
    expect(end).to.deep.include({ kind: 'fetched', failed: 0 });
    const titles = end.kind === 'fetched' ? end.tickets.map(({ title }) => title) : [];
    expect(titles).to.include(`${NAME} <b>one</b>`);
    expect(await locks()).to.equal(0);
    expect(await fetcher().fetch(account, ADMIN)).to.deep.equal({
      kind: 'fetched',
      mails: 0,
      failed: 0,
      tickets: [],
    });
  });

  it('names the title of a ticket only to an agent who may read it', async () => {
    const login = `nobody${Date.now()}`;
    await databaseRows(`INSERT INTO users (login, pw, first_name, last_name, valid_id, create_time, create_by, change_time, change_by)
      VALUES ('${login}', 'x', 'No', 'Group', 1, NOW(), 1, NOW(), 1)`);
    const [row] = await databaseRows(`SELECT id FROM users WHERE login = '${login}'`);
    deliverMail(SUPPORT, `${NAME} confidential`);
    const end = await fetcher().fetch(account, Number(row?.[0]));
    await databaseRows(`DELETE FROM users WHERE login = '${login}'`);
    expect(end).to.deep.include({ kind: 'fetched', mails: 1, failed: 0 });
    expect(end.kind === 'fetched' && end.tickets.map(({ title }) => title)).to.deep.equal(['']);
    expect(end.kind === 'fetched' && end.tickets[0]?.number).to.match(/^\d+$/);
  });

  it('shows no part of the token that a mail server sends back', async () => {
    const [row] = await databaseRows(`SELECT token FROM oauth2_token WHERE token_config_id = ${configId}`);
    const token = String(row?.[0]);
    const echoing = await scriptedServer({
      greeting: '* OK ready',
      answer: (line) => {
        const [tag = '', command = ''] = line.split(' ');
        if (command !== 'CAPABILITY')
          return `${tag} NO bad ${token} and ${token.slice(0, 20)} ${token.slice(20)}`;
        return `* CAPABILITY IMAP4rev1 AUTH=XOAUTH2 SASL-IR\r\n${tag} OK done`;
      },
    });
    servers.push(echoing);
    const echoed = await mailAccount('IMAP', configId, SUPPORT, echoing.port);
    const admin = await session(CREDENTIALS.admin);
    const answer = await admin.post(`${SCREEN};Subaction=FetchMail`, {
      ID: String(configId),
      Mailbox: String(echoed),
    });
    const page = await answer.text();
    expect(page).to.contain('Its communication log says: Auth error');
    for (let at = 0; at + 12 <= token.length; at++) expect(page).not.to.contain(token.slice(at, at + 12));
  });

  it('reports what the communication log says about a refused token, without the token', async () => {
    const [row] = await databaseRows(`SELECT token FROM oauth2_token WHERE token_config_id = ${configId}`);
    await databaseRows(`UPDATE oauth2_token SET token = 'refused' WHERE token_config_id = ${configId}`);
    const end = await fetcher().fetch(account, ADMIN);
    await databaseRows(`UPDATE oauth2_token SET token = '${row?.[0]}' WHERE token_config_id = ${configId}`);
    expect(end.kind).to.equal('failed');
    expect(end.kind === 'failed' && end.said).to.match(/^Auth error: /);
    expect(await locks()).to.equal(0);
  });

  it('ends a fetch from a server that stays silent, and leaves neither a lock nor an open entry behind', async () => {
    const silent = await scriptedServer({ behave: () => undefined });
    servers.push(silent);
    const hanging = await mailAccount('IMAP', configId, SUPPORT, silent.port);
    expect(await fetcher(3).fetch(hanging, ADMIN)).to.deep.equal({ kind: 'timeout' });
    expect(await locks()).to.equal(0);
    expect(await logged(hanging)).to.equal('Failed');
  });

  it('waits for nobody: where another fetch holds the lock, it says so and leaves the lock', async () => {
    await databaseRows(`INSERT INTO process_id (process_name, process_id, process_host, process_create, process_change)
      VALUES ('MailAccountFetch', '1', 'elsewhere', UNIX_TIMESTAMP(), UNIX_TIMESTAMP())`);
    expect(await fetcher().fetch(account, ADMIN)).to.deep.equal({ kind: 'locked' });
    expect(await locks()).to.equal(1);
    await databaseRows("DELETE FROM process_id WHERE process_name = 'MailAccountFetch'");
  });

  it('needs the challenge token, and an account that uses the configuration', async () => {
    const admin = await session(CREDENTIALS.admin);
    const post = (fields: Record<string, string>) =>
      admin.post(`${SCREEN};Subaction=FetchMail`, {
        ID: String(configId),
        Mailbox: String(account),
        ...fields,
      });
    expect((await post({ ChallengeToken: 'x' })).status).to.equal(403);
    expect((await post({ Mailbox: '99999' })).status).to.equal(404);
    expect((await admin.get(`${SCREEN};Subaction=FetchMail;ID=${configId}`)).status).to.equal(405);
    deliverMail(SUPPORT, `${NAME} <i>two</i>`);
    const page = await (await post({})).text();
    expect(page).to.contain('&lt;i&gt;two&lt;/i&gt;').and.not.contain('<i>two</i>');
  });
});
