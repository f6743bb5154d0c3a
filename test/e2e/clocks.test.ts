import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import path from 'node:path';
import { expect } from 'chai';
import { setSettings } from '../lab/helpdesk.js';
import { giveToLabUser } from '../lab/lab-user.js';
import { startSidecar } from '../lab/node-servers.js';
import { pause, until } from '../lab/ports.js';
import { stopServer } from '../lab/servers.js';
import { faketime } from '../support/faketime.js';
import { grantedConfig, removeAllConfigs } from '../support/granted-config.js';
import { databaseRows, extraSidecar, lab, provider } from '../support/lab.js';
import { endsIn, stillWorks, storedToken } from '../support/stored-token.js';

const HOUR = 3600;
/** Of the provider's access tokens, in seconds. */
const LIFETIME = 600;
const folder = mkdtempSync(path.join(tmpdir(), 'clocks-'));
const { preload, env, set: setClock } = faketime(folder);

describe('a sidecar whose clock jumps', () => {
  let sidecar: Awaited<ReturnType<typeof extraSidecar>> | undefined;
  let ids: number[];

  before(async () => {
    await removeAllConfigs();
    await provider.reset();
    giveToLabUser(folder);
    setClock(0);
    // The only sidecar that may renew anything.
    sidecar = await extraSidecar({ env, preload });
    ids = [];
    for (const number of [1, 2, 3, 4]) ids.push(await grantedConfig(`Clocks ${number}`));
    await stopServer(lab, 'sidecar');
  });
  after(async () => {
    await sidecar?.stop();
    rmSync(folder, { recursive: true });
    await removeAllConfigs();
    await startSidecar(lab);
    await provider.reset();
  });

  const accessTokens = () => Promise.all(ids.map(async (id) => (await storedToken(id)).token));
  const requests = async () => (await provider.state()).requests.refresh_token ?? 0;
  const rowsOfOurs = (condition: string) =>
    databaseRows(`SELECT token_config_id FROM oauth2_sidecar_renewal
      WHERE token_config_id IN (${ids.join(',')}) AND ${condition}`);

  /** The renewal service has looked at each token by its present clock, and has ended what it then began. */
  async function everythingLookedAt(): Promise<void> {
    await databaseRows(
      `UPDATE oauth2_sidecar_renewal SET due_at = 1 WHERE token_config_id IN (${ids.join(',')})`,
    );
    const isNone = async (condition: string) => (await rowsOfOurs(condition)).length === 0;
    await until('a look at each token', () => isNone('due_at = 1'));
    await until('rest', () => isNone("reason <> 'not_due' OR lease_holder IS NOT NULL"));
  }

  /** @returns how often each token was renewed meanwhile, and the total number of requests */
  async function renewalsDuring(work: () => Promise<void>): Promise<{ renewed: number; requests: number }> {
    const before = [await accessTokens(), await requests()] as const;
    await work();
    await everythingLookedAt();
    // A burst of requests would continue.
    await everythingLookedAt();
    const after = [await accessTokens(), await requests()] as const;
    const renewed = after[0].filter((token, at) => token !== before[0][at]).length;
    return { renewed, requests: after[1] - before[1] };
  }

  /** How many seconds the stored ends are later than the real ones, at most. */
  async function latestEnd(): Promise<number> {
    const [row] = await databaseRows(
      `SELECT MAX(TIMESTAMPDIFF(SECOND, UTC_TIMESTAMP(), token_expiration_date)) FROM oauth2_token
       WHERE token_config_id IN (${ids.join(',')})`,
    );
    return Number(row?.[0]);
  }

  it('renews each token once when it jumps an hour ahead', async () => {
    const done = await renewalsDuring(async () => setClock(HOUR));
    expect(done).to.deep.equal({ renewed: 4, requests: 4 });
    expect(await latestEnd(), 'by a clock that is wrong').to.be.greaterThan(HOUR);
  });

  it('renews nothing more when it goes back an hour, and assumes no token to live longer than it does', async () => {
    const done = await renewalsDuring(async () => setClock(0));
    expect(done).to.deep.equal({ renewed: 0, requests: 0 });
    expect(await latestEnd()).to.be.at.most(LIFETIME);
  });

  it('renews nothing early while it is an hour behind, and still renews what is due then', async () => {
    const done = await renewalsDuring(async () => setClock(-HOUR));
    expect(done).to.deep.equal({ renewed: 0, requests: 0 });
    const goesOn = await renewalsDuring(async () => void (await endsIn(ids[0] ?? 0, -HOUR - 10)));
    expect(goesOn).to.deep.equal({ renewed: 1, requests: 1 });
  });

  it('renews each token once after the machine was suspended overnight, past many due times', async () => {
    const done = await renewalsDuring(async () => {
      sidecar?.signal('SIGSTOP');
      setClock(8 * HOUR);
      // Longer than it ever sleeps.
      await pause(6000);
      sidecar?.signal('SIGCONT');
    });
    expect(done).to.deep.equal({ renewed: 4, requests: 4 });
  });

  it('accepts an answer that arrived while the machine was suspended for longer than the sidecar waits', async () => {
    await setSettings(lab, [{ name: 'WebUserAgent::Timeout', value: '2' }]);
    await provider.set({ lateMs: 1000 });
    try {
      const done = await renewalsDuring(async () => {
        const before = await requests();
        await endsIn(ids[1] ?? 0, 8 * HOUR + 60);
        await until('the provider is asked', async () => (await requests()) > before, 20_000);
        sidecar?.signal('SIGSTOP');
        await pause(4000);
        sidecar?.signal('SIGCONT');
      });
      expect(done).to.deep.equal({ renewed: 1, requests: 1 });
    } finally {
      await provider.set({ lateMs: 0 });
      await setSettings(lab, [{ name: 'WebUserAgent::Timeout', value: '15' }]);
    }
  });

  it('has lost none of the tokens', async () => {
    expect((await provider.state()).reused).to.deep.equal([]);
    for (const id of ids) {
      const { refreshToken, error } = await storedToken(id);
      expect([await stillWorks(refreshToken), error]).to.deep.equal([true, '']);
    }
  });
});
