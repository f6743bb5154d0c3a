import { createHash } from 'node:crypto';
import { mkdirSync, readdirSync, readFileSync, rmSync, statSync, writeFileSync } from 'node:fs';
import path from 'node:path';
import { expect } from 'chai';
import { exec } from '../lab/exec.js';
import { CREDENTIALS, ROOT } from '../lab/instance.js';
import { sidecarUserEnv } from '../lab/sidecar-user.js';
import { consent } from '../support/consent.js';
import { grantedConfig, removeConfigs } from '../support/granted-config.js';
import { databaseRows, lab, mailAccount, provider, znunyOauth2 } from '../support/lab.js';

const [mailbox] = CREDENTIALS.mailboxes;

describe('znuny-oauth2 token list, mailbox and events', () => {
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

  it('token list prints state and sentence of each token; --attention ends with 4 while something needs attention', async () => {
    const { code, out, err } = await znunyOauth2(['token', 'list']);
    expect([code, err]).to.deep.equal([0, '']);
    expect(out).to.match(
      /^\d+ +Shell tests +valid +\d{4}-\d{2}-\d{2} \d{2}:\d{2} +Valid; renews automatically, next at/m,
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

  it('mailbox list prints what signs in with which configuration', async () => {
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
      state: 'never-fetched',
      mutedUntil: null,
    });
    const table = (await znunyOauth2(['mailbox', 'list'])).out;
    expect(table).to.match(
      new RegExp(
        `^${account} +IMAP +127\\.0\\.0\\.1:\\d+ +${mailbox} +INBOX +Shell tests \\(${id}\\) +never-fetched$`,
        'm',
      ),
    );
  });

  it('mailbox test prints every step at the real Dovecot; another user is refused, and the command ends with 4', async () => {
    const good = await znunyOauth2(['mailbox', 'test', 'Shell tests', '--transcript']);
    expect(good.out, good.err)
      .to.match(/^Sign-in with XOAUTH2 +OK/m)
      .and.match(/^Open mailbox +OK/m);
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

  it('events prints who did what, for one configuration or all, filtered, deleted configurations included', async () => {
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

  it('a missing helpdesk ends a command with 1 and a remedy', async () => {
    const { code, out, err } = await znunyOauth2(['config', 'list', '--home', '/nonexistent']);
    expect([code, out]).to.deep.equal([1, '']);
    expect(err).to.contain('There is no Kernel/Config.pm under /nonexistent');
  });
});

describe('znuny-oauth2, compiled and bundled', () => {
  const program = `${ROOT}/dist/plugin/cli.cjs`;
  const folder = `${ROOT}/dist/plugin/cli/bundle`;
  const compiled = (...args: string[]) =>
    exec(process.execPath, [program, ...args, '--home', lab.home], {
      env: { TZ: 'UTC', SIDECAR_STATE: `${lab.dir}/state/cli`, ...sidecarUserEnv },
    });
  /** A command that needs no helpdesk: the others leave root first, and cannot write beside the program. */
  const asOwner = () => exec(process.execPath, [program, 'help']);
  /** V8's compiled code of the bundles. */
  const code = (): string[] => readdirSync(folder).filter((name) => !name.endsWith('.cjs'));
  /** The name of the compiled code of one bundle. */
  const codeOf = (kind: 'command' | 'serve'): string => {
    const [, bundle = ''] =
      new RegExp(`"?${kind}"?: "([A-Z0-9]+\\.cjs)"`).exec(readFileSync(program, 'utf8')) ?? [];
    return code().find((name) => name.startsWith(bundle)) ?? '';
  };
  before(() => exec('npm', ['run', '--silent', 'build'], { cwd: ROOT }));

  it('prints the same as the sources', async () => {
    for (const args of [
      ['help'],
      ['config', 'list'],
      ['config', 'export'],
      ['token', 'list', '--json'],
      ['mailbox', 'list'],
    ])
      expect(await compiled(...args), args.join(' ')).to.equal((await znunyOauth2(args)).out);
    for (const word of ['serve', 'doctor']) {
      const wrong = await exec(process.execPath, [program, word, '--home', '/nonexistent']).catch(String);
      expect(wrong).to.contain('There is no Kernel/Config.pm under /nonexistent');
    }
  });

  it('sends requests to the provider with the packages that are left out of the bundle', async () => {
    const granted = await grantedConfig('Shell compiled');
    expect(await compiled('token', 'renew', String(granted))).to.match(
      /^The token was renewed; it is valid until /,
    );
    await removeConfigs(['Shell compiled']);
  });

  it('leaves its compiled code for the next command, readable by all', async () => {
    await asOwner();
    const name = codeOf('command');
    expect(code().sort()).to.deep.equal([name, codeOf('serve')].sort());
    expect(name).to.match(/^[A-Z0-9]+\.cjs\.\w+\.code$/);
    const { mode, mtimeMs, size } = statSync(path.join(folder, name));
    expect(mode & 0o777).to.equal(0o644);
    expect(size).to.be.greaterThan(100_000);
    await compiled('config', 'list');
    expect(statSync(path.join(folder, name)).mtimeMs, 'taken, not made again').to.equal(mtimeMs);
    await exec(process.execPath, ['--max-semi-space-size=2', program, 'help']);
    expect(statSync(path.join(folder, name)).mtimeMs, 'not for the flags of one call').to.equal(mtimeMs);
  });

  it('leaves compiled code for the service, which a start accepts and does not change', async () => {
    await asOwner();
    const file = path.join(folder, codeOf('serve'));
    expect(statSync(file).mode & 0o777).to.equal(0o644);
    const { mtimeMs } = statSync(file);
    const told = path.join(lab.dir, 'rejected.cjs');
    writeFileSync(
      told,
      "const vm = require('node:vm'); vm.Script = class extends vm.Script { constructor(...given) { super(...given); console.error('rejected', this.cachedDataRejected); } };",
    );
    const start = (...flags: string[]) =>
      exec(process.execPath, [...flags, '--require', told, program, 'serve', '--home', '/nonexistent']).catch(
        String,
      );
    expect(await start('--max-semi-space-size=2'))
      .to.contain('rejected false')
      .and.contain('There is no Kernel/Config.pm');
    expect(await start(), 'other flags')
      .to.contain('rejected true')
      .and.contain('There is no Kernel/Config.pm');
    expect(statSync(file).mtimeMs).to.equal(mtimeMs);
    rmSync(file);
    await asOwner();
    expect(statSync(file).size, 'missing').to.be.greaterThan(100_000);
  });

  it('ignores and replaces compiled code that is damaged, foreign or missing', async () => {
    const name = codeOf('command');
    const file = path.join(folder, name);
    const good = readFileSync(file);
    const right = await compiled('config', 'list');
    const damaged = Buffer.from(good);
    for (let at = 1000; at < damaged.length; at += 1000) damaged.writeUInt8(damaged.readUInt8(at) ^ 255, at);
    // As V8 itself would write it for another version: a correct checksum, and nothing in it that this version knows.
    const words = Buffer.from('of another version of Node.js');
    const foreign = Buffer.concat([words, createHash('sha1').update(words).digest()]);
    for (const [what, content] of [
      ['damaged', damaged],
      ['cut short', good.subarray(0, good.length / 2)],
      ['empty', Buffer.alloc(0)],
      ['foreign', foreign],
      ['missing', null],
    ] as const) {
      rmSync(file);
      if (content) writeFileSync(file, content);
      expect(await compiled('config', 'list'), what).to.equal(right);
      await asOwner();
      expect(readFileSync(file).equals(content ?? Buffer.alloc(0)), what).to.equal(false);
      expect(statSync(file).size, what).to.be.greaterThan(100_000);
    }
    rmSync(file);
    mkdirSync(file);
    expect(await compiled('config', 'list'), 'cannot be written').to.equal(right);
    await asOwner();
    expect(code().sort(), 'nothing unfinished is left').to.deep.equal([name, codeOf('serve')].sort());
    rmSync(file, { recursive: true });
  });
});
