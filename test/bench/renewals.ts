import { fork } from 'node:child_process';
import { once } from 'node:events';
import { mkdtempSync, rmSync } from 'node:fs';
import { open, unlink } from 'node:fs/promises';
import path from 'node:path';
import { type Database, openDatabase } from '../../db/database.js';
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

/** What a loop of ours does for each token. */
interface Loop {
  db: Database;
  id: number;
  ask(): Promise<Record<string, unknown>>;
}

const tokensIn = (answer: Record<string, unknown>) => ({
  token: String(answer.access_token),
  refresh_token: String(answer.refresh_token),
});

/** One request and one UPDATE, with nothing around them. */
async function bare({ db, id, ask }: Loop): Promise<void> {
  const answer = await ask();
  await db.run('bench', (knex) =>
    knex('oauth2_token').where({ token_config_id: id }).update(tokensIn(answer)),
  );
}

/**
 * One token after the other as the plain libraries would renew it with what the sidecar promises: only one process asks,
 * an answer survives a power failure before it is stored, and the history is as true as the token.
 */
function careful(folder: string): (loop: Loop) => Promise<void> {
  return async ({ db, id, ask }) => {
    const renewal = () => db.knex('oauth2_sidecar_renewal').where({ token_config_id: id });
    await renewal()
      .where('lease_until', '<=', Date.now())
      .update({ lease_holder: 'bench', lease_until: Date.now() + 120_000 });
    await db
      .knex('oauth2_token_config')
      .join('oauth2_token', 'oauth2_token.token_config_id', 'oauth2_token_config.id')
      .where('oauth2_token_config.id', id)
      .first();
    const answer = await ask();
    const file = path.join(folder, `${id}`);
    const written = await open(file, 'wx');
    await written.writeFile(JSON.stringify(answer));
    await written.sync();
    await written.close();
    const directory = await open(folder);
    await directory.sync();
    await directory.close();
    await db.knex.transaction(async (knex) => {
      await knex('oauth2_token').where({ token_config_id: id }).update(tokensIn(answer));
      const event = {
        token_config_id: id,
        name: 'bench',
        at: Date.now(),
        what: 'renewal',
        outcome: 'success',
      };
      await knex('oauth2_sidecar_event').insert(event);
      await knex('oauth2_sidecar_renewal')
        .where({ token_config_id: id, lease_holder: 'bench' })
        .update({ lease_holder: null, lease_until: 0, last_success_at: Date.now() });
    });
    await unlink(file);
  };
}

/** Runs a loop for each token. @returns milliseconds, and milliseconds of the processor for each token */
async function measured(of: Instance, url: string, one: (loop: Loop) => Promise<void>) {
  const db = openDatabase({ ...of.database, socket: null });
  const endpoint = createTokenEndpoint({
    settings: settingsReader(),
    addresses: addressRules(LOOPBACK),
    clock: () => new Date(),
  });
  const ids = (await databaseRows('SELECT token_config_id FROM oauth2_token')).map(([id]) => Number(id));
  const client = { id: 'bench', secret: 'bench', idParameter: 'client_id', secretParameter: 'client_secret' };
  const parameters = { grant_type: 'refresh_token', refresh_token: 'r'.repeat(1200) };
  const ask = () => endpoint.post({ url, parameters, client, secrets: [] });
  const began = process.cpuUsage();
  try {
    const took = await timed(() => inTurns(SWEEP, (number) => one({ db, id: ids[number] ?? 0, ask })));
    const { user, system } = process.cpuUsage(began);
    return { took, cpu: (user + system) / 1000 / SWEEP };
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
  const folder = mkdtempSync(path.join(of.dir, 'careful-'));
  try {
    await stopServer(of, 'sidecar');
    await setSettings(of, [
      { name: 'OAuth2Sidecar::Renewal::RequestsPerProvider', value: String(AT_A_TIME) },
    ]);
    await fill(SWEEP, url);
    const ceiling = await measured(of, url, bare);
    await databaseRows(
      `INSERT INTO oauth2_sidecar_renewal (token_config_id, config_mark, token_mark)
       SELECT token_config_id, '', '' FROM oauth2_token`,
    );
    const promising = await measured(of, url, careful(folder));
    await databaseRows('DELETE FROM oauth2_sidecar_renewal');
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
        theirs: `bare ${rate(ceiling.took)}`,
        ratio: (ceiling.took / sweep).toFixed(2),
        target: '≥ 0.8',
        met: ceiling.took / sweep >= 0.8,
      },
      {
        what: '  beside the plain libraries with a lease, a copy on disk, and a history',
        ours: rate(sweep),
        theirs: `plain ${rate(promising.took)}`,
        ratio: (promising.took / sweep).toFixed(2),
        target: '≥ 0.8',
        met: promising.took / sweep >= 0.8,
      },
      {
        // Of one process, so that it says the same on a busy machine, where the two sweeps may meet different loads.
        what: 'CPU time of one renewal, start included',
        ours: `${sweepCpu.toFixed(2)} ms`,
        theirs: `bare ${ceiling.cpu.toFixed(2)} ms, plain ${promising.cpu.toFixed(2)} ms`,
        ratio: (ceiling.cpu / sweepCpu).toFixed(2),
        target: '≥ 0.5',
        met: ceiling.cpu / sweepCpu >= 0.5,
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
    rmSync(folder, { recursive: true });
    await setSettings(of, [{ name: 'OAuth2Sidecar::Renewal::RequestsPerProvider', value: '4' }]);
  }
}
