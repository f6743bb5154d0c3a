import { startPlainApache } from '../lab/apache.js';
import { setSettings } from '../lab/helpdesk.js';
import { CREDENTIALS, type Instance } from '../lab/instance.js';
import { startSidecar } from '../lab/node-servers.js';
import { freePort, pause } from '../lab/ports.js';
import { stopServer } from '../lab/servers.js';
import { openBuiltIn } from '../lab/shipped-site.js';
import { WEB_SERVER } from '../lab/sidecar-channel.js';
import { type Line, median, medianOf, residentMemory, timed } from './measure.js';

const MANY = 1000;
const SCREEN = 'Action=AdminOAuth2TokenManagement';
const BAR = `${SCREEN};Subaction=Bar`;
const BUILT_IN_BAR = 'Frontend::NotifyModule###100-OAuth2TokenManagementTokenExpired';

const shown = (ms: number) => (ms >= 1000 ? `${(ms / 1000).toFixed(2)} s` : `${ms.toFixed(1)} ms`);

const compared = (what: string, ours: number, theirs: number, times: number): Line => ({
  what,
  ours: shown(ours),
  theirs: shown(theirs),
  ratio: `${Math.round(theirs / ours)}×`,
  target: `≥ ${times}×`,
  met: theirs / ours >= times,
});

const counted = (what: string, few: number, many: number): Line => ({
  what,
  ours: `${few}, ${many}`,
  target: 'equal',
  met: few === many,
});

async function read(answer: Promise<Response>): Promise<string> {
  const reply = await answer;
  const text = await reply.text();
  if (reply.status >= 400) throw new Error(`${reply.url}: ${reply.status}`);
  return text;
}

/** A second sidecar without an internal listener: all queries that it sends are its own. */
async function queryCounter(of: Instance, sessionId: string) {
  const { databaseRows } = await import('../support/database.js');
  const port = await freePort();
  await startSidecar(of, { name: 'sidecar-counted', port, compiled: true, channel: 'tcp' });
  const ask = (query: string) =>
    read(
      fetch(`http://127.0.0.1:${port}/otrs/index.pl?${query}`, {
        headers: { Cookie: `OTRSAgentInterface=${sessionId}`, ...WEB_SERVER },
      }),
    );
  const sent = async () => Number((await databaseRows("SHOW GLOBAL STATUS LIKE 'Com_select'"))[0]?.[1]);
  return {
    /**
     * Settings are checked every half second and the due list from time to time, so the fewest queries are those of the
     * request.
     */
    async of(query: string): Promise<number> {
      await ask(query);
      let fewest = Number.POSITIVE_INFINITY;
      for (let n = 0; n < 12; n++) {
        const before = await sent();
        await ask(query);
        fewest = Math.min(fewest, (await sent()) - before);
      }
      return fewest;
    },
    /** One request takes in what somebody else wrote, once the second of the write is over. */
    async settle(): Promise<void> {
      await pause(3000);
      await ask(BAR);
    },
    stop: () => stopServer(of, 'sidecar-counted'),
  };
}

/**
 * What the sidecar costs on its way to a page: each time beside the helpdesk's bare page, so that both run under the
 * same load.
 */
async function framedPage(bare: () => Promise<unknown>, framed: () => Promise<unknown>): Promise<Line> {
  await median(40, framed);
  const pairs: { bare: number; framed: number }[] = [];
  for (let n = 0; n < 60; n++) pairs.push({ bare: await timed(bare), framed: await timed(framed) });
  const added = medianOf(pairs.map((pair) => pair.framed - pair.bare));
  const page = medianOf(pairs.map((pair) => pair.bare));
  return {
    what: 'our share of an admin page',
    ours: shown(added),
    theirs: shown(page),
    ratio: `${((added / page) * 100).toFixed(1)} %`,
    target: '≤ 5 %',
    met: added / page <= 0.05,
  };
}

/** Screens and notification bar beside the built-in ones, which a second Apache without our rules serves. */
export async function measureScreens(of: Instance): Promise<Line[]> {
  const { session } = await import('../support/session.js');
  const { fill } = await import('./fill.js');
  await stopServer(of, 'sidecar');
  const ready = await timed(() => startSidecar(of, { compiled: true }));
  const close = openBuiltIn(of);
  const plain = `http://127.0.0.1:${await startPlainApache(of)}/otrs/index.pl`;
  try {
    const admin = await session(CREDENTIALS.admin);
    const other = await session(CREDENTIALS.admin, plain);
    const overview = () => read(admin.get(SCREEN));
    const bar = () => read(admin.get(BAR));
    const theirPage = () => read(other.get('Action=Admin'));

    const queries = await queryCounter(of, admin.id);
    await fill(20);
    await queries.settle();
    const few = { overview: await queries.of(SCREEN), bar: await queries.of(BAR) };
    await fill(MANY);
    await queries.settle();
    const many = { overview: await queries.of(SCREEN), bar: await queries.of(BAR) };
    await queries.stop();

    await fill(20);
    const share = await framedPage(() => read(admin.get('Action=Admin')), overview);
    await fill(MANY);
    await median(15, overview);
    const ourOverview = [await median(15, overview)];
    const theirOverview = await timed(() => read(other.get(SCREEN)));
    ourOverview.push(await median(15, overview));

    // The built-in bar is part of every page: the cost of a page with and without it.
    const without = await median(5, theirPage);
    await setSettings(of, [{ name: BUILT_IN_BAR, valid: true }]);
    // A mod_perl process keeps the settings that it started with.
    await startPlainApache(of);
    await theirPage();
    const ratios: { ours: number; theirs: number }[] = [];
    for (let n = 0; n < 5; n++)
      ratios.push({ theirs: (await timed(theirPage)) - without, ours: await median(40, bar) });
    await setSettings(of, [{ name: BUILT_IN_BAR, valid: false }]);
    const memory = residentMemory(of, 'sidecar');

    return [
      compared(`overview, ${MANY} configurations`, medianOf(ourOverview), theirOverview, 50),
      compared(
        `bar, ${MANY} configurations`,
        medianOf(ratios.map((pair) => pair.ours)),
        medianOf(ratios.map((pair) => pair.theirs)),
        500,
      ),
      counted(`queries of the overview, 20 and ${MANY}`, few.overview, many.overview),
      counted(`queries of the bar, 20 and ${MANY}`, few.bar, many.bar),
      share,
      { what: 'ready after', ours: shown(ready), target: '< 1 s', met: ready < 1000 },
      { what: 'resident memory', ours: `${memory.toFixed(0)} MB`, target: '< 120 MB', met: memory < 120 },
    ];
  } finally {
    close();
    await stopServer(of, 'apache-plain');
  }
}
