import { spawn } from 'node:child_process';
import { mkdtempSync, readdirSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import path from 'node:path';
import { expect } from 'chai';
import { CREDENTIALS, ROOT } from '../lab/instance.js';
import { ALLOW_LOOPBACK } from '../lab/loopback.js';
import { startSidecar } from '../lab/node-servers.js';
import { pause, until } from '../lab/ports.js';
import { stopServer } from '../lab/servers.js';
import { consent } from '../support/consent.js';
import { addConfig, begin, grantedConfig } from '../support/granted-config.js';
import { databaseRows, extraSidecar, lab, provider, session } from '../support/lab.js';
import { stillWorks, storedToken } from '../support/stored-token.js';

const state = mkdtempSync(path.join(tmpdir(), 'killed-'));

/** @returns how the process ended: a signal, or a status */
function run(id: number, step: string, ...more: string[]): Promise<string> {
  const child = spawn(
    process.execPath,
    [
      ...['run-sources.cjs', 'dying-renewal.ts'].map((name) => path.join(ROOT, 'test/support', name)),
      ...[String(id), step, ...more],
    ],
    {
      cwd: ROOT,
      env: { ...process.env, ...ALLOW_LOOPBACK, HELPDESK_HOME: lab.home, SIDECAR_STATE: state },
      stdio: ['ignore', 'inherit', 'inherit'],
    },
  );
  return new Promise((resolve, reject) => {
    child.once('error', reject);
    child.once('close', (code, signal) => resolve(signal ?? String(code)));
  });
}

after(() => rmSync(state, { recursive: true, force: true }));

const isAnswer = (name: string) => name.endsWith('.answers');
const entries = () => readdirSync(state).filter(isAnswer);

const endLeases = () =>
  databaseRows('UPDATE oauth2_sidecar_renewal SET lease_until = 1 WHERE lease_until > 0');

describe('three sidecars that are killed with SIGKILL in a loop', () => {
  const KILLS = 9;
  const ids: number[] = [];
  before(() => provider.reset());
  after(async () => {
    // These tests have used up their refresh tokens themselves.
    for (const table of ['oauth2_token WHERE token_config_id', 'oauth2_token_config WHERE id'])
      await databaseRows(`DELETE FROM ${table} IN (${ids.join(',')})`);
    await startSidecar(lab);
    await provider.reset();
  });

  it('keep every grant alive, except for answers that nobody received, which the admin is told about', async () => {
    // So short that each token is renewed again and again.
    await provider.set({ accessTokenSeconds: 14 });
    for (let number = 0; number < 8; number++)
      ids.push(await grantedConfig(`Looping ${number} ${Date.now()}`));
    const ours = `token_config_id IN (${ids.join(',')})`;
    const renewed = `SELECT DISTINCT token_config_id FROM oauth2_sidecar_event
      WHERE what = 'renewal' AND outcome = 'ok' AND ${ours}`;
    // A sidecar that finds a database server which has just started sends nothing for a while.
    await until('each was renewed', async () => (await databaseRows(renewed)).length === ids.length, 90_000);
    const names = ['looping-1', 'looping-2', 'looping-3'];
    const sidecars = await Promise.all(names.map((name) => extraSidecar({ name })));
    for (let round = 0; round < KILLS; round++) {
      await pause(1500 + 400 * (round % 4));
      const which = round % 3;
      await sidecars[which]?.stop('SIGKILL');
      // On the same machine, so it finds its predecessor's journal.
      sidecars[which] = await extraSidecar({ name: names[which] ?? '' });
    }
    const journals = () =>
      names.flatMap((name) => readdirSync(path.join(lab.dir, 'state', name))).filter(isAnswer);
    await until('the journals are replayed', () => journals().length === 0);
    await Promise.all(sidecars.map((sidecar) => sidecar.stop()));
    await stopServer(lab, 'sidecar');
    // Another sidecar takes over what the killed ones had begun.
    await databaseRows(`UPDATE oauth2_sidecar_renewal SET lease_until = 1, due_at = 1
      WHERE lease_holder IS NOT NULL AND ${ours}`);
    await startSidecar(lab);
    await until('no lease is left behind', async () => {
      const left = `SELECT 1 FROM oauth2_sidecar_renewal WHERE lease_holder IS NOT NULL AND ${ours}`;
      return (await databaseRows(left)).length === 0;
    });
    await stopServer(lab, 'sidecar');

    const events = await databaseRows(
      `SELECT token_config_id, outcome FROM oauth2_sidecar_event WHERE what = 'renewal' AND ${ours}`,
    );
    expect(events.filter(([, outcome]) => outcome === 'ok').length).to.be.greaterThan(ids.length * 2);
    const told = events.filter(([, outcome]) => outcome !== 'ok');
    expect(told.filter(([, outcome]) => outcome !== 'interrupted')).to.deep.equal([]);
    // A token came twice only where the answer died with its process: no two sidecars asked at the same time.
    expect((await provider.state()).reused.length).to.equal(told.length);
    // At most four requests of a killed process were on their way.
    expect(told.length).to.be.at.most(KILLS * 4);
    const lost = new Set(told.map(([id]) => Number(id)));
    for (const id of ids)
      expect(await stillWorks((await storedToken(id)).refreshToken), `configuration ${id}`).to.equal(
        !lost.has(id),
      );
  }).timeout(240_000);
});

describe('a process that is killed with SIGKILL during a renewal, at a provider with strict rotation', () => {
  before(() => provider.reset());
  after(() => provider.reset());

  for (const [step, kept, renewed] of [
    ['lease-taken', 0, false],
    ['answer-kept', 1, true],
    ['not-stored', 1, true],
    ['stored', 1, true],
    ['journal-cleared', 0, true],
  ] as const)
    for (const round of [1, 2])
      it(`loses no token at step ${step}, round ${round}`, async () => {
        const id = await grantedConfig(`Killed at ${step} ${round}`);
        const before = await storedToken(id);
        expect(await run(id, step)).to.equal('SIGKILL');
        expect(entries()).to.have.length(kept);
        // The next sidecar of this machine.
        expect(await run(id, 'replay')).to.equal('0');
        expect(entries()).to.deep.equal([]);
        const after = await storedToken(id);
        expect(after.error).to.equal('');
        expect(after.refreshToken !== before.refreshToken, 'renewed').to.equal(renewed);
        await endLeases();
        expect(await run(id, 'none'), 'the next renewal').to.equal('0');
        expect(await stillWorks((await storedToken(id)).refreshToken)).to.equal(true);
        expect(
          await databaseRows(`SELECT lease_until FROM oauth2_sidecar_renewal WHERE token_config_id = ${id}`),
        ).to.deep.equal([['0']]);
      }).timeout(120_000);

  it('loses an answer that nobody received, as the standard allows, and the admin is told', async () => {
    const id = await grantedConfig('Killed with the answer');
    const before = await storedToken(id);
    expect(await run(id, 'answer-lost')).to.equal('SIGKILL');
    expect((await storedToken(id)).refreshToken).to.equal(before.refreshToken);
    await endLeases();
    await databaseRows(
      `UPDATE oauth2_token SET token_expiration_date = UTC_TIMESTAMP() + INTERVAL 30 SECOND WHERE token_config_id = ${id}`,
    );
    await until('the renewal service has tried', async () => (await storedToken(id)).error !== '', 60_000);
    const [row] = await databaseRows(
      `SELECT error_message, error_description FROM oauth2_token WHERE token_config_id = ${id}`,
    );
    expect(row?.[0]).to.equal('invalid_grant');
    expect(row?.[1]).to.contain(
      'A response from the provider was lost (the sidecar was stopped before it arrived)',
    );
    const events = await databaseRows(
      `SELECT what, outcome, code FROM oauth2_sidecar_event WHERE token_config_id = ${id} AND what <> 'state' ORDER BY id`,
    );
    expect(events).to.deep.equal([
      ['config-added', 'ok', 'NULL'],
      ['consent', 'ok', 'NULL'],
      ['renewal', 'interrupted', 'invalid_grant answer_lost_stopped'],
    ]);
  }).timeout(90_000);
});

describe('a process that is killed with SIGKILL during a consent', () => {
  const [owner] = CREDENTIALS.mailboxes;
  before(() => provider.reset());
  after(() => provider.reset());

  for (const [step, kept] of [
    ['answer-kept', 1],
    ['not-stored', 1],
    ['stored', 1],
    ['journal-cleared', 0],
  ] as const)
    it(`stores the token and who agreed to it after step ${step}`, async () => {
      const admin = await session(CREDENTIALS.admin);
      const [[user = ''] = []] = await databaseRows(
        `SELECT data_value FROM sessions WHERE session_id = '${admin.id}' AND data_key = 'UserID'`,
      );
      const id = await addConfig(admin, `Consent killed at ${step}`, {
        Scope: 'openid profile email offline_access',
      });
      const back = await consent(await begin(admin, id));
      expect(await run(id, step, back.href, user, admin.id)).to.equal('SIGKILL');
      expect(entries()).to.have.length(kept);
      expect(await run(id, 'replay')).to.equal('0');
      expect(entries()).to.deep.equal([]);
      expect(await stillWorks((await storedToken(id)).refreshToken)).to.equal(true);
      expect(
        await databaseRows(`SELECT login FROM oauth2_sidecar_identity WHERE token_config_id = ${id}`),
      ).to.deep.equal([[owner]]);
      expect(
        await databaseRows(
          `SELECT outcome FROM oauth2_sidecar_event WHERE token_config_id = ${id} AND what = 'consent'`,
        ),
      ).to.deep.equal([['ok']]);
    }).timeout(120_000);
});
