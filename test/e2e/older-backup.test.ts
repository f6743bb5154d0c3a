import { existsSync, mkdtempSync, readdirSync, rmSync, statSync } from 'node:fs';
import { tmpdir } from 'node:os';
import path from 'node:path';
import { expect } from 'chai';
import { createDatabase, dump, sql } from '../lab/database-server.js';
import { giveToLabUser } from '../lab/lab-user.js';
import { startSidecar } from '../lab/node-servers.js';
import { until } from '../lab/ports.js';
import { stopServer } from '../lab/servers.js';
import { IS_POSTGRES } from '../support/database.js';
import { faketime } from '../support/faketime.js';
import { grantedConfig, removeAllConfigs } from '../support/granted-config.js';
import { databaseRows, extraSidecar, lab, provider, znunyOauth2 } from '../support/lab.js';
import { storedToken } from '../support/stored-token.js';

const NAME = 'Of an older backup';
const SIDECAR = 'sidecar-older-backup';
/** A renewal each. Seconds. */
const RENEWALS = [400, 900, 1700];

describe('a database that is restored from an older backup', function () {
  this.timeout(240_000);
  const folder = mkdtempSync(path.join(tmpdir(), 'older-backup-'));
  const clock = faketime(folder);
  let sidecar: Awaited<ReturnType<typeof extraSidecar>> | undefined;
  let id: number;
  const start = async () => {
    sidecar = await extraSidecar({ name: SIDECAR, env: clock.env, preload: clock.preload });
  };

  before(async () => {
    await removeAllConfigs();
    await provider.reset();
    giveToLabUser(folder);
    clock.set(0);
    id = await grantedConfig(NAME);
    // The only sidecar that may renew anything.
    await stopServer(lab, 'sidecar');
    await start();
  });
  after(async () => {
    await sidecar?.stop();
    rmSync(folder, { recursive: true });
    rmSync(path.join(lab.dir, 'state', SIDECAR), { recursive: true, force: true });
    await removeAllConfigs();
    await startSidecar(lab);
    await provider.reset();
  });

  it('makes the sidecar send no refresh token that it used since, and name who must consent', async () => {
    const database = lab.database.database;
    const backup = await dump(lab, database);
    const ofBackup = await storedToken(id);
    for (const ahead of RENEWALS) {
      const { token } = await storedToken(id);
      clock.set(ahead);
      await databaseRows(`UPDATE oauth2_sidecar_renewal SET due_at = 1 WHERE token_config_id = ${id}`);
      await until(`the renewal at ${ahead} s`, async () => (await storedToken(id)).token !== token);
    }
    const list = path.join(lab.dir, 'state', SIDECAR, 'used', String(id));
    await until('the list of used refresh tokens', () => existsSync(list) && statSync(list).size >= 12);
    await sidecar?.stop();
    // As ten minutes later: from stored answers, the token would be stored again.
    const stateFolder = path.join(lab.dir, 'state', SIDECAR);
    for (const file of readdirSync(stateFolder, { recursive: true, encoding: 'utf8' }))
      if (file.endsWith('.stored')) rmSync(path.join(stateFolder, file));
    const { requests } = await provider.state();

    // This dump does not say that existing tables go first.
    if (IS_POSTGRES) await createDatabase(lab, database);
    await sql(lab, backup, database);
    expect(await storedToken(id)).to.deep.equal(ofBackup);
    await start();
    const state = async () =>
      (
        await databaseRows(
          `SELECT state, outcome, lost_answer FROM oauth2_sidecar_renewal WHERE token_config_id = ${id}`,
        )
      )[0];
    await until('its state', async () => (await state())?.[0] === 'consent-needed');
    expect(await state()).to.deep.equal(['consent-needed', 'grant-dead', 'restored']);
    const after = await provider.state();
    expect([after.requests.refresh_token, after.reused]).to.deep.equal([requests.refresh_token, []]);
    const { code, out } = await znunyOauth2(['token', 'show', NAME]);
    expect(code, out).to.equal(4);
    expect(out.replace(/\s+/g, ' ')).to.contain(
      'A response from the provider was lost (the database was restored from an older backup), and the provider accepts each refresh token only once. Request a new token.',
    );
    expect((await znunyOauth2(['token', 'list', '--attention'])).code).to.equal(4);
    const [event] = await databaseRows(
      `SELECT outcome, code FROM oauth2_sidecar_event WHERE token_config_id = ${id} AND what = 'renewal' ORDER BY id DESC LIMIT 1`,
    );
    expect(event).to.deep.equal(['interrupted', 'invalid_grant answer_lost_restored']);
  });
});
