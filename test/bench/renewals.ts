import { fork } from 'node:child_process';
import { once } from 'node:events';
import path from 'node:path';
import { openDatabase } from '../../db/database.js';
import { addressRules } from '../../plugin/lib/safe-address.js';
import { createTokenEndpoint } from '../../plugin/oauth/token-endpoint.js';
import { setSettings } from '../lab/helpdesk.js';
import { type Instance, ROOT } from '../lab/instance.js';
import { LOOPBACK } from '../lab/loopback.js';
import { startSidecar } from '../lab/node-servers.js';
import { freePort, pause, until } from '../lab/ports.js';
import { stopServer } from '../lab/servers.js';
import { databaseRows } from '../support/database.js';
import { settingsReader } from '../support/samples.js';
import { fill } from './fill.js';
import { cpuSeconds, type Line, residentMemory, timed } from './measure.js';

const SWEEP = 10_000;
const AT_A_TIME = 20;
const IDLE_SECONDS = 30;

/** Makes a number of calls, a few at a time. */
async function inTurns(calls: number, work: (number: number) => Promise<unknown>): Promise<void> {
  let next = 0;
  const lane = async () => {
    for (let number = next++; number < calls; number = next++) await work(number);
  };
  await Promise.all(Array.from({ length: AT_A_TIME }, lane));
}

/** The same requests and the same UPDATEs by the same libraries, with nothing around them. */
async function bare(of: Instance, url: string): Promise<number> {
  const db = openDatabase({ ...of.database, socket: null });
  const endpoint = createTokenEndpoint({
    settings: settingsReader(),
    addresses: addressRules(LOOPBACK),
    clock: () => new Date(),
  });
  const ids = (await databaseRows('SELECT token_config_id FROM oauth2_token')).map(([id]) => Number(id));
  const client = { id: 'bench', secret: 'bench', idParameter: 'client_id', secretParameter: 'client_secret' };
  const parameters = { grant_type: 'refresh_token', refresh_token: 'r'.repeat(1200) };
  try {
    return await timed(() =>
      inTurns(SWEEP, async (number) => {
        const answer = await endpoint.post({ url, parameters, client, secrets: [] });
        await db.run('bench', (knex) =>
          knex('oauth2_token')
            .where({ token_config_id: ids[number] })
            .update({ token: String(answer.access_token), refresh_token: String(answer.refresh_token) }),
        );
      }),
    );
  } finally {
    await db.close();
  }
}

/**
 * A sweep of due tokens beside the bare ceiling of the same run, and the cost of the renewal service when there is
 * nothing to do.
 */
export async function measureRenewals(of: Instance): Promise<Line[]> {
  const port = await freePort();
  const server = fork(path.join(ROOT, 'test/bench/token-server.ts'), [String(port)], {
    execArgv: ['--import', 'tsx'],
  });
  await once(server, 'message');
  const url = `http://127.0.0.1:${port}/token`;
  try {
    await stopServer(of, 'sidecar');
    await setSettings(of, [
      { name: 'OAuth2Sidecar::Renewal::RequestsPerProvider', value: String(AT_A_TIME) },
    ]);
    await fill(SWEEP, url);
    const bareBegan = process.cpuUsage();
    const ceiling = await bare(of, url);
    const bareUsed = process.cpuUsage(bareBegan);
    const bareCpu = (bareUsed.user + bareUsed.system) / 1000 / SWEEP;
    await databaseRows(
      "UPDATE oauth2_token SET token_expiration_date = UTC_TIMESTAMP() + INTERVAL 1 MINUTE, refresh_token = REPEAT('r', 1200)",
    );
    await databaseRows('DELETE FROM oauth2_sidecar_event');
    await startSidecar(of, { compiled: true });
    const renewed = async () =>
      Number(
        (await databaseRows("SELECT COUNT(*) FROM oauth2_sidecar_event WHERE what = 'renewal'"))[0]?.[0],
      );
    // Each look starts a database client. The bare requests are not looked at, so the sweep seldom is.
    const isDone = async () => {
      await pause(1000);
      return (await renewed()) >= SWEEP;
    };
    await until('the sweep', isDone, 300_000);
    const [row] = await databaseRows(
      "SELECT MAX(at) - MIN(at - duration_ms) FROM oauth2_sidecar_event WHERE what = 'renewal'",
    );
    const sweep = Number(row?.[0]);
    const sweepCpu = (cpuSeconds(of, 'sidecar') * 1000) / SWEEP;
    await pause(20_000);
    const before = cpuSeconds(of, 'sidecar');
    await pause(IDLE_SECONDS * 1000);
    const share = ((cpuSeconds(of, 'sidecar') - before) / IDLE_SECONDS) * 100;
    const memory = residentMemory(of, 'sidecar');
    const rate = (ms: number) => `${Math.round((SWEEP / ms) * 1000)}/s`;
    return [
      {
        what: `sweep of ${SWEEP} due tokens`,
        ours: rate(sweep),
        theirs: `bare ${rate(ceiling)}`,
        ratio: (ceiling / sweep).toFixed(2),
        target: '≥ 0.8',
        met: ceiling / sweep >= 0.8,
      },
      {
        // Of one process, so that it says the same on a busy machine, where the two sweeps may meet different loads.
        what: 'CPU time of one renewal, start included',
        ours: `${sweepCpu.toFixed(2)} ms`,
        theirs: `bare ${bareCpu.toFixed(2)} ms`,
        ratio: (bareCpu / sweepCpu).toFixed(2),
        target: '≥ 0.5',
        met: bareCpu / sweepCpu >= 0.5,
      },
      {
        what: `idle with ${SWEEP} tokens, share of a core`,
        ours: `${share.toFixed(2)} %`,
        target: '< 0.5 %',
        met: share < 0.5,
      },
      {
        what: `resident memory with ${SWEEP} tokens`,
        ours: `${memory.toFixed(0)} MB`,
        target: '≤ 90 MB',
        met: memory <= 90,
      },
    ];
  } finally {
    server.kill();
    await setSettings(of, [{ name: 'OAuth2Sidecar::Renewal::RequestsPerProvider', value: '4' }]);
  }
}
