import { expect } from 'chai';
import { exec } from '../lab/exec.js';
import { CREDENTIALS, ROOT } from '../lab/instance.js';
import { consent } from '../support/consent.js';
import { grantedConfig } from '../support/granted-config.js';
import { databaseRows, lab, mailAccount, provider, znunyOauth2 } from '../support/lab.js';

const [mailbox] = CREDENTIALS.mailboxes;

describe('znuny-oauth2: lists, mailboxes, record', () => {
  let id: number;
  let account: number;
  before(async () => {
    await provider.reset();
    id = await grantedConfig('Shell tests');
    account = await mailAccount('IMAP', id, mailbox);
    await znunyOauth2(['config', 'import', '-'], '{ Name: Shell nothing, Config: { ClientID: x } }');
  });
  after(async () => {
    await databaseRows(`DELETE FROM mail_account WHERE id = ${account}`);
    await databaseRows(
      "DELETE t FROM oauth2_token t JOIN oauth2_token_config c ON c.id = t.token_config_id WHERE c.name LIKE 'Shell %'",
    );
    await databaseRows("DELETE FROM oauth2_token_config WHERE name LIKE 'Shell %'");
  });

  it('token list: state and sentence of each; --attention ends with 4 while there is something to do', async () => {
    const { code, out, err } = await znunyOauth2(['token', 'list']);
    expect([code, err]).to.deep.equal([0, '']);
    expect(out).to.match(
      /^\d+ +Shell tests +valid +\d{4}-\d{2}-\d{2} \d{2}:\d{2} +Valid, renews itself, next at/m,
    );
    expect(out).to.match(/^\d+ +Shell nothing +never-requested +No token yet/m);
    const valid = JSON.parse((await znunyOauth2(['token', 'list', '--state', 'valid', '--json'])).out);
    expect(valid.map(({ name }: { name: string }) => name))
      .to.include('Shell tests')
      .and.not.include('Shell nothing');
    await databaseRows(
      `UPDATE oauth2_token SET token_expiration_date = UTC_TIMESTAMP() - INTERVAL 1 DAY, refresh_token = NULL WHERE token_config_id = ${id}`,
    );
    const wrong = await znunyOauth2(['token', 'list', '--attention']);
    expect(wrong.code).to.equal(4);
    expect(wrong.out)
      .to.match(/^\d+ +Shell tests +consent-needed/m)
      .and.not.contain('Shell nothing');
    const shown = await znunyOauth2(['token', 'show', 'Shell tests', '--json']);
    expect(shown.code).to.equal(4);
    expect(JSON.parse(shown.out)).to.include({ severity: 'error', works: false, hasRefreshToken: false });
    const url = await znunyOauth2([
      'token',
      'authorize-url',
      'Shell tests',
      '--user',
      CREDENTIALS.admin.login,
    ]);
    const { session } = await import('../support/lab.js');
    const admin = await session(CREDENTIALS.admin);
    const back = await consent(new URL(url.out.trim()));
    await fetch(back, { redirect: 'manual', headers: { Cookie: `OTRSAgentInterface=${admin.id}` } });
    expect((await znunyOauth2(['token', 'show', 'Shell tests'])).code).to.equal(0);
  });

  it('mailbox list: what signs in with which configuration', async () => {
    const { code, out } = await znunyOauth2(['mailbox', 'list', '--json']);
    expect(code).to.equal(0);
    const mine = JSON.parse(out).filter(({ configId }: { configId: number }) => configId === id);
    expect(mine).to.have.length(1);
    expect(mine[0]).to.include({
      account,
      type: 'IMAP',
      login: mailbox,
      folder: 'INBOX',
      config: 'Shell tests',
    });
    const table = (await znunyOauth2(['mailbox', 'list'])).out;
    expect(table).to.match(
      new RegExp(`^${account} +IMAP +127\\.0\\.0\\.1:\\d+ +${mailbox} +INBOX +Shell tests \\(${id}\\)$`, 'm'),
    );
  });

  it('mailbox test: every step at the real Dovecot; another user is refused, with 4', async () => {
    const good = await znunyOauth2(['mailbox', 'test', 'Shell tests', '--transcript']);
    expect(good.out, good.err)
      .to.match(/^Sign-in with XOAUTH2 +OK/m)
      .and.match(/^Look into the mailbox +OK/m);
    expect(good.code).to.equal(0);
    const [row] = await databaseRows(`SELECT token FROM oauth2_token WHERE token_config_id = ${id}`);
    expect(good.out).to.contain('C: ').and.not.contain(row?.[0]);
    const port = /127\.0\.0\.1:\d+/.exec(good.out)?.[0] ?? '';
    const args = ['mailbox', 'test', String(id), '--type', 'IMAP', '--host', port];
    const other = await znunyOauth2([
      ...args,
      '--login',
      'sales@example.test',
      '--allow-unprotected',
      '--json',
    ]);
    expect(other.code, other.err).to.equal(4);
    const [test] = JSON.parse(other.out);
    expect(test.outcome).to.equal('fault');
    expect(test.steps.find(({ name }: { name: string }) => name === 'sign-in').result).to.equal('fault');
    const unknown = await znunyOauth2(['mailbox', 'test', String(id), '--account', '999999']);
    expect([unknown.code, unknown.out]).to.deep.equal([3, '']);
    expect((await znunyOauth2(['mailbox', 'test', 'Shell nothing'])).out).to.contain('No mailbox uses');
  });

  it('events: who did what, of one or of all, filtered, also of what is deleted', async () => {
    await znunyOauth2(['config', 'copy', 'Shell tests', 'Shell copy', '--user', 'oauthadmin']);
    const [copy] = await databaseRows("SELECT id FROM oauth2_token_config WHERE name = 'Shell copy'");
    await znunyOauth2(['config', 'delete', 'Shell copy', '--yes']);
    const { code, out } = await znunyOauth2(['events', copy?.[0] ?? '', '--json']);
    expect(code).to.equal(0);
    expect(
      JSON.parse(out).map(({ what, login }: { what: string; login: string }) => [what, login]),
    ).to.deep.equal([
      ['config-deleted', 'root@localhost'],
      ['config-added', 'oauthadmin'],
    ]);
    const table = await znunyOauth2(['events', '--what', 'config-deleted', '--limit', '1']);
    const [head, line, ...more] = table.out.trimEnd().split('\n');
    expect(head).to.match(/^TIME +ID +CONFIGURATION +WHO +WHAT +OUTCOME/);
    expect(line).to.match(/Shell copy +root@localhost +config-deleted +ok/);
    expect(more).to.deep.equal([]);
    expect((await znunyOauth2(['events', '--limit', '0'])).code).to.equal(2);
    expect((await znunyOauth2(['events', 'Nobody of that name'])).code).to.equal(3);
  });

  it('a helpdesk that is not there: 1, and what to do', async () => {
    const { code, out, err } = await znunyOauth2(['config', 'list', '--home', '/nonexistent']);
    expect([code, out]).to.deep.equal([1, '']);
    expect(err).to.contain('There is no Kernel/Config.pm under /nonexistent');
  });
});

describe('znuny-oauth2, compiled and bundled', () => {
  it('says the same as the sources', async () => {
    await exec('npm', ['run', '--silent', 'build'], { cwd: ROOT });
    const program = `${ROOT}/dist/plugin/cli.js`;
    const compiled = (...args: string[]) =>
      exec(process.execPath, [program, ...args, '--home', lab.home], { env: { TZ: 'UTC' } });
    for (const args of [['help'], ['config', 'list'], ['token', 'list', '--json'], ['mailbox', 'list']])
      expect(await compiled(...args), args.join(' ')).to.equal((await znunyOauth2(args)).out);
    const wrong = await exec(process.execPath, [program, 'serve', '--home', '/nonexistent']).catch(String);
    expect(wrong).to.contain('There is no Kernel/Config.pm under /nonexistent');
  });
});
