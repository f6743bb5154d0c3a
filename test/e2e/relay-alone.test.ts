import { mkdirSync, readFileSync, writeFileSync } from 'node:fs';
import path from 'node:path';
import { expect } from 'chai';
import { ImapFlow } from 'imapflow';
import { createDatabase, dropDatabase, sql } from '../lab/database-server.js';
import { CREDENTIALS } from '../lab/instance.js';
import { giveToLabUser } from '../lab/lab-user.js';
import { consent } from '../support/consent.js';
import { deliverMail, lab, provider, znunyOauth2 } from '../support/lab.js';
import { relaySidecar } from '../support/relay.js';
import { dsn } from '../support/sql.js';

const [SUPPORT] = CREDENTIALS.mailboxes;
const { client } = CREDENTIALS;
/** Where nobody answers. */
const CALLBACK = 'http://localhost/get-oauth2-token-by-authorization-code.pl';

/** HELPDESK_HOME=none: docs/relay.md, "Without a helpdesk". */
describe('the relay without a helpdesk', function () {
  this.timeout(300_000);
  const database = `alone_${process.pid}`;
  const state = path.join(lab.dir, 'state/alone');
  const env = (name = database): Record<string, string> => ({
    HELPDESK_HOME: 'none',
    HELPDESK_DATABASE_DSN: dsn(name, lab.database),
    HELPDESK_DATABASE_USER: lab.database.user,
    HELPDESK_DATABASE_PASSWORD: lab.database.password,
    // Of the lab's helpdesk.
    SIDECAR_DATABASE_USER: '',
    SIDECAR_DATABASE_PASSWORD: '',
    SIDECAR_TEMPLATES: lab.templates,
    SIDECAR_STATE: state,
  });
  /** The redirect URI that the lab's provider knows. */
  const settings = path.join(state, 'settings.json');
  const run = (args: string[], input = '') =>
    znunyOauth2(args, input, { ...env(), HELPDESK_SETTINGS: settings });
  const tables = async (name: string) =>
    sql(
      lab,
      `SELECT table_name FROM information_schema.tables
        WHERE table_schema IN ('${name}', 'public') ORDER BY 1`,
      name,
    );

  let relay: Awaited<ReturnType<typeof relaySidecar>>;
  let password = '';
  before(async () => {
    await provider.reset();
    await createDatabase(lab, database);
    mkdirSync(state, { recursive: true, mode: 0o700 });
    const [, FQDN = '', ScriptAlias = ''] = /^http:\/\/([^/]+)\/(.*\/)[^/]*$/.exec(lab.urls.callback) ?? [];
    writeFileSync(settings, JSON.stringify({ HttpType: 'http', FQDN, ScriptAlias }));
    for (const file of [state, settings]) giveToLabUser(file);
    relay = await relaySidecar({ ...env(), SIDECAR_STATE: `${state}-serve` });
  });
  after(async () => {
    await relay?.stop();
    await dropDatabase(lab, database);
  });

  it('serves with an empty database of its own, and has no screens', async () => {
    const at = (name: string) => fetch(`http://127.0.0.1:${relay.port}/${name}`, { redirect: 'manual' });
    expect((await at('readyz')).status).to.equal(200);
    for (const name of [
      'index.pl?Action=AdminOAuth2TokenManagement',
      'otrs/index.pl',
      CALLBACK.split('/').at(-1),
    ])
      expect((await at(String(name))).status, name).to.equal(404);
  });

  it('gets a token by a consent whose answer is taken from the address of the browser', async () => {
    const secret = path.join(state, 'secret');
    writeFileSync(secret, client.secret);
    giveToLabUser(secret);
    const words = ['--template', 'Lab provider', '--client-id', client.id];
    const added = await run(['config', 'add', 'Alone', ...words, '--client-secret-file', secret]);
    expect(added.code, added.err).to.equal(0);
    const { code, out, err } = await run(['token', 'authorize-url', 'Alone']);
    expect(code, err).to.equal(0);
    const usual = await znunyOauth2(['token', 'authorize-url', 'Alone'], '', env());
    expect(new URL(usual.out.trim()).searchParams.get('redirect_uri')).to.equal(CALLBACK);
    const back = await consent(new URL(out.trim()));

    const none = await run(['token', 'complete'], CALLBACK);
    expect([none.code, none.err]).to.deep.equal([2, none.err]);
    expect(none.err).to.contain('no parameter "state"');
    const done = await run(['token', 'complete'], `${back}\n`);
    expect([done.code, done.out], done.err).to.deep.equal([0, 'Token received: "Alone".\n']);
    const again = await run(['token', 'complete'], `${back}\n`);
    expect(again.code).to.equal(1);
    expect(again.err).to.contain('(state-invalid)').and.not.contain(back.searchParams.get('code'));
    const listed = JSON.parse((await run(['token', 'list', '--json'])).out);
    expect(
      listed.map(({ name, state: kind }: { name: string; state: string }) => [name, kind]),
    ).to.deep.equal([['Alone', 'valid']]);
  });

  it('lets a program sign in with a relay password, and renews the token', async () => {
    const made = await run(['relay', 'add', 'Alone', '--login', SUPPORT, '--client', 'Scanner', '--json']);
    expect(made.code, made.err).to.equal(0);
    ({ password } = JSON.parse(made.out));
    deliverMail(SUPPORT, `${database} mail`);
    const look = async () => {
      const client = new ImapFlow({
        ...{ host: '127.0.0.1', port: relay.ports.imap, secure: false, logger: false },
        auth: { user: SUPPORT, pass: password },
      });
      await client.connect();
      const lock = await client.getMailboxLock('INBOX');
      const found = (await client.search({ subject: `${database} mail` })) || [];
      lock.release();
      await client.logout();
      return found.length;
    };
    expect(await look()).to.equal(1);
    const token = () => sql(lab, 'SELECT token FROM oauth2_token', database);
    const before = await token();
    const renewed = await run(['token', 'renew', 'Alone']);
    expect(renewed.code, renewed.err).to.equal(0);
    expect(await token()).to.not.equal(before);
    expect(await look()).to.equal(1);
  });

  it('writes nothing into a database that another program has, and says so', async () => {
    const { database: helpdesks } = lab.database;
    const before = await tables(helpdesks);
    for (const words of [['migrate'], ['config', 'list'], ['relay', 'list'], ['serve']]) {
      const {
        code,
        out,
        err: said,
      } = await znunyOauth2(words, '', {
        ...env(helpdesks),
        SIDECAR_PORT: '0',
        SIDECAR_SOCKET: '',
      });
      const err = out + said;
      expect(code, err).to.equal(5);
      expect(err, words.join(' ')).to.match(/needs a database of its own[\s\S]*Nothing was changed/);
    }
    expect(await tables(helpdesks)).to.equal(before);
    const { code, err } = await znunyOauth2(['config', 'list'], '', { ...env(), HELPDESK_DATABASE_DSN: '' });
    expect([code, err.includes('HELPDESK_DATABASE_DSN')], err).to.deep.equal([1, true]);
  });

  it('keeps its secrets out of the log', () => {
    const log = readFileSync(relay.log, 'utf8');
    for (const secret of [password, client.secret, lab.database.password])
      expect(log.includes(secret)).to.equal(false);
  });
});
