import { readdirSync, readFileSync } from 'node:fs';
import path from 'node:path';
import { expect } from 'chai';
import { startDatabase, stopDatabase } from '../lab/database-server.js';
import { startSidecar } from '../lab/node-servers.js';
import { until } from '../lab/ports.js';
import { logFile, stopServer } from '../lab/servers.js';
import { grantedConfig, removeAllConfigs } from '../support/granted-config.js';
import { databaseRows, lab, provider } from '../support/lab.js';
import { endsIn, stillWorks, storedToken } from '../support/stored-token.js';

const asked = async (times: number) => ((await provider.state()).requests.refresh_token ?? 0) >= times;
const journal = () =>
  readdirSync(path.join(lab.dir, 'state', 'sidecar')).filter((name) => name.endsWith('.answers'));
/** The sidecar's last log messages. */
const lastWords = (lines: number) =>
  readFileSync(logFile(lab, 'sidecar'), 'utf8')
    .trimEnd()
    .split('\n')
    .slice(-lines)
    .map((line) => (JSON.parse(line) as { msg: string }).msg);
const eventsOf = (id: number) =>
  databaseRows(
    `SELECT outcome FROM oauth2_sidecar_event WHERE token_config_id = ${id} AND what = 'renewal' ORDER BY id`,
  );

describe('an answer that is on its way when something stops, at a provider with strict rotation', () => {
  before(removeAllConfigs);
  beforeEach(() => provider.reset());
  after(async () => {
    await startSidecar(lab);
    await provider.reset();
  });

  it('is kept in the journal when the database stops, and stored when it is back', async () => {
    const id = await grantedConfig('Late: database away');
    const before = await storedToken(id);
    await provider.reset();
    await provider.set({ lateMs: 3000 });
    await endsIn(id, 300);
    await until('the provider is asked', () => asked(1), 40_000);
    await stopDatabase(lab);
    try {
      await until('the journal holds the answer', () => journal().length === 1, 40_000);
    } finally {
      await startDatabase(lab);
    }
    await until('it is stored', async () => (await storedToken(id)).token !== before.token, 40_000);
    await until('the journal is empty', () => journal().length === 0, 40_000);
    expect((await provider.state()).requests.refresh_token).to.equal(1);
    expect(await eventsOf(id)).to.deep.equal([['ok']]);
    const after = await storedToken(id);
    expect(after.error).to.equal('');
    await provider.reset();
    expect(await stillWorks(after.refreshToken)).to.equal(true);
  }).timeout(150_000);

  it('is awaited beyond WebUserAgent::Timeout, and stored when it comes', async () => {
    const id = await grantedConfig('Late: very');
    const before = await storedToken(id);
    await provider.reset();
    await provider.set({ lateMs: 18_000 });
    await endsIn(id, 300);
    await until('it is stored', async () => (await storedToken(id)).token !== before.token, 60_000);
    expect((await provider.state()).requests.refresh_token).to.equal(1);
    expect(await eventsOf(id)).to.deep.equal([['ok']]);
    await provider.reset();
    const after = await storedToken(id);
    expect([after.error, await stillWorks(after.refreshToken)]).to.deep.equal(['', true]);
  }).timeout(120_000);

  it('is awaited and stored before the sidecar ends after SIGTERM', async () => {
    const id = await grantedConfig('Late: SIGTERM');
    const before = await storedToken(id);
    await provider.reset();
    // Longer than a stop used to wait.
    await provider.set({ lateMs: 7000 });
    await endsIn(id, 300);
    await until('the provider is asked', () => asked(1), 40_000);
    await stopServer(lab, 'sidecar');
    expect(lastWords(2)).to.deep.equal(['token renewed', 'stopped']);
    const after = await storedToken(id);
    expect(after.token).to.not.equal(before.token);
    expect(await eventsOf(id)).to.deep.equal([['ok']]);
    expect(journal()).to.deep.equal([]);
    await provider.reset();
    expect(await stillWorks(after.refreshToken)).to.equal(true);
    await startSidecar(lab);
  }).timeout(90_000);

  it('does not stop the sidecar from ending after SIGTERM when it never comes, and the next sidecar continues', async () => {
    const id = await grantedConfig('Late: never');
    const before = await storedToken(id);
    await provider.reset();
    await provider.set({ mode: 'hang' });
    await endsIn(id, 300);
    await until('the provider is asked', () => asked(1), 40_000);
    // Asked a second time, it no longer waits for the answer; killed by force it could not have logged anything.
    await stopServer(lab, 'sidecar');
    expect(lastWords(1)).to.deep.equal(['stopped with unfinished work']);
    expect(await storedToken(id)).to.deep.equal(before);
    await provider.reset();
    await databaseRows(
      `UPDATE oauth2_sidecar_renewal SET lease_until = 1, due_at = 1 WHERE token_config_id = ${id}`,
    );
    await startSidecar(lab);
    await until('a renewal', async () => (await storedToken(id)).token !== before.token, 40_000);
    expect((await storedToken(id)).error).to.equal('');
  }).timeout(120_000);
});
