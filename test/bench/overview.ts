import { CREDENTIALS, type Instance } from '../lab/instance.js';
import { startSidecar } from '../lab/node-servers.js';
import { freePort, pause, until } from '../lab/ports.js';
import { stopServer } from '../lab/servers.js';
import { WEB_SERVER } from '../lab/sidecar-channel.js';
import { type Line, timed } from './measure.js';

const COUNTS = [10, 1000, 10_000];
const SCREEN = 'Action=AdminOAuth2TokenManagement';
const PAGE = 25;
/** View -> its query for a number of configurations. */
const VIEWS: Record<string, (count: number) => string> = {
  'first page': () => '',
  'last page': (count) => `;Page=${Math.ceil(count / PAGE)}`,
  'one state, by urgency': () => ';State=valid;Sort=urgency',
  'by end of token': () => ';Sort=expiry',
  'searched by name': () => ';Search=Mailbox',
  bar: () => ';Subaction=Bar',
};

/** The one request that checks the marks of all rows. */
const AFTER_A_WRITE = 'bar, first after a write by others';

/** The fastest of several calls: the cost without whatever else the machine does meanwhile. */
async function fastest(times: number, work: () => Promise<unknown>): Promise<number> {
  let best = Number.POSITIVE_INFINITY;
  for (let n = 0; n < times; n++) best = Math.min(best, await timed(work));
  return best;
}

/**
 * What a page of the overview costs the sidecar itself with 10, 1,000 and 10,000 configurations: without the helpdesk's
 * page around it, which would hide it.
 */
export async function measureOverview(of: Instance): Promise<Line[]> {
  const { databaseRows } = await import('../support/database.js');
  const { session } = await import('../support/session.js');
  const { fill } = await import('./fill.js');
  const admin = await session(CREDENTIALS.admin);
  const port = await freePort();
  await startSidecar(of, { name: 'sidecar-overview', port, compiled: true, channel: 'tcp' });
  const ask = async (query: string) => {
    const answer = await fetch(`http://127.0.0.1:${port}/otrs/index.pl?${SCREEN}${query}`, {
      headers: { Cookie: `OTRSAgentInterface=${admin.id}`, ...WEB_SERVER },
    });
    await answer.text();
    if (answer.status >= 400) throw new Error(`${query}: ${answer.status}`);
  };
  const times = new Map<string, number[]>();
  try {
    for (const count of COUNTS) {
      await fill(count);
      const known = async () =>
        Number(
          (await databaseRows("SELECT COUNT(*) FROM oauth2_sidecar_renewal WHERE state = 'valid'"))[0]?.[0],
        );
      await until(`the renewal service knows ${count}`, async () => (await known()) === count, 120_000);
      const add = (view: string, ms: number) => void times.set(view, [...(times.get(view) ?? []), ms]);
      for (const [view, query] of Object.entries(VIEWS))
        add(view, await fastest(60, () => ask(query(count))));
      const written: number[] = [];
      for (let n = 0; n < 5; n++) {
        await databaseRows(`UPDATE oauth2_token SET error_code = '${n}' LIMIT 1`);
        written.push(await timed(() => ask(VIEWS.bar?.(count) ?? '')));
        await pause(1500);
      }
      add(AFTER_A_WRITE, Math.min(...written));
    }
  } finally {
    await stopServer(of, 'sidecar-overview');
  }
  return [...times].map(([view, [few = 0, many = 0, most = 0]]) => {
    const flat = view !== AFTER_A_WRITE;
    return {
      what: `${view.startsWith('bar') ? view : `overview, ${view}`}: ${COUNTS.join(', ')}`,
      ours: [few, many, most].map((ms) => `${ms.toFixed(1)} ms`).join(', '),
      ratio: `${(most / many).toFixed(2)}`,
      target: flat ? '≤ 2 from 1000 to 10000' : '≤ 500 ms with 10000',
      met: flat ? most / many <= 2 : most <= 500,
    };
  });
}
