import { CREDENTIALS, type Instance } from '../lab/instance.js';
import { startSidecar } from '../lab/node-servers.js';
import { freePort, pause, until } from '../lab/ports.js';
import { stopServer } from '../lab/servers.js';
import { WEB_SERVER } from '../lab/sidecar-channel.js';
import { timed } from './measure.js';

const SCREEN = 'Action=AdminOAuth2TokenManagement';
const PAGE = 25;
/** A search reads client ID and endpoints of each row that the name does not already match. */
export const SEARCHED = 'searched, one match';
/** View -> its query for a number of configurations. */
const VIEWS: Record<string, (count: number) => string> = {
  'first page': () => '',
  'last page': (count) => `;Page=${Math.ceil(count / PAGE)}`,
  'one state, by urgency': () => ';State=valid;Sort=urgency',
  'by end of token': () => ';Sort=expiry',
  'searched by name': () => ';Search=Mailbox',
  [SEARCHED]: () => ';Search=Mailbox%200007',
  bar: () => ';Subaction=Bar',
};

/** What a request costs on a busy server: some transaction has committed since the last one. */
const ON_BUSY_SERVER = 'bar, after each write to another table';
/** The one request that checks the marks of all rows. */
export const AFTER_A_WRITE = 'bar, first after a write by others';

/** The fastest of several calls: the cost without whatever else the machine does meanwhile. */
async function fastest(times: number, work: () => Promise<unknown>): Promise<number> {
  let best = Number.POSITIVE_INFINITY;
  for (let n = 0; n < times; n++) best = Math.min(best, await timed(work));
  return best;
}

/**
 * A sidecar of its own that is asked directly: without the helpdesk's page around the answer, which would hide its cost.
 * Requires the instance that LAB_INSTANCE names.
 */
export async function openOverview(of: Instance) {
  const { databaseRows } = await import('../support/database.js');
  const { session } = await import('../support/session.js');
  const { fill } = await import('./fill.js');
  const admin = await session(CREDENTIALS.admin);
  const port = await freePort();
  await startSidecar(of, { name: 'sidecar-overview', port, compiled: true, channel: 'tcp' });
  let count = 0;
  const ask = async (query: string) => {
    const answer = await fetch(`http://127.0.0.1:${port}/otrs/index.pl?${SCREEN}${query}`, {
      headers: { Cookie: `OTRSAgentInterface=${admin.id}`, ...WEB_SERVER },
    });
    await answer.text();
    if (answer.status >= 400) throw new Error(`${query}: ${answer.status}`);
  };
  return {
    /** Makes the database hold this many configurations, all of which the renewal service knows. */
    async fill(wanted: number): Promise<void> {
      count = wanted;
      await fill(count);
      const known = "SELECT COUNT(*) FROM oauth2_sidecar_renewal WHERE state = 'valid'";
      const isKnown = async () => Number((await databaseRows(known))[0]?.[0]) === count;
      await until(`the renewal service knows ${count}`, isKnown, 240_000);
    },
    /**
     * @param times how often each view is asked for
     * @returns view -> milliseconds, the least of all
     */
    async measure(times: number): Promise<Record<string, number>> {
      const result: Record<string, number> = {};
      for (const [view, query] of Object.entries(VIEWS))
        result[view] = await fastest(times, () => ask(query(count)));
      let busy = Number.POSITIVE_INFINITY;
      for (let n = 0; n < times; n++) {
        await databaseRows(
          `UPDATE valid SET change_time = UTC_TIMESTAMP() + INTERVAL ${n} SECOND WHERE id = 1`,
        );
        busy = Math.min(busy, await timed(() => ask(VIEWS.bar?.(count) ?? '')));
      }
      result[ON_BUSY_SERVER] = busy;
      const written: number[] = [];
      for (let n = 0; n < 5; n++) {
        await databaseRows(
          `UPDATE oauth2_token SET error_code = '${n}'
           WHERE token_config_id IN (SELECT MIN(id) FROM oauth2_token_config)`,
        );
        written.push(await timed(() => ask(VIEWS.bar?.(count) ?? '')));
        // Longer than the rest after it (catch-up.ts); otherwise the next request would check nothing.
        await pause(Math.max(1500, 12 * Math.max(...written)));
      }
      result[AFTER_A_WRITE] = Math.min(...written);
      return result;
    },
    stop: () => stopServer(of, 'sidecar-overview'),
  };
}
