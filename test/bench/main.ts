import { readFileSync } from 'node:fs';
import { startPlainApache } from '../lab/apache.js';
import { exec } from '../lab/exec.js';
import { setSettings } from '../lab/helpdesk.js';
import { CREDENTIALS, instance, ROOT } from '../lab/instance.js';
import { startLab, stopLab } from '../lab/lab.js';
import { startSidecar } from '../lab/node-servers.js';
import { main, say, step } from '../lab/progress.js';
import { stopServer } from '../lab/servers.js';
import { type Line, median, table, timed } from './measure.js';
import { measureRenewals } from './renewals.js';

/** `make bench`: the sidecar beside the built-in screens, on the same helpdesk in the same run. */
const of = instance('test');
const MANY = 1000;
const SCREEN = 'Action=AdminOAuth2TokenManagement';
const seconds = (ms: number) => (ms >= 1000 ? `${(ms / 1000).toFixed(2)} s` : `${ms.toFixed(1)} ms`);

/** Resident memory of a server of the lab, in MB (proc(5), VmRSS). */
function residentMemory(name: string): number {
  const { pid } = JSON.parse(readFileSync(`${of.dir}/run/${name}.json`, 'utf8')) as { pid: number };
  return Number(/VmRSS:\s+(\d+)/.exec(readFileSync(`/proc/${pid}/status`, 'utf8'))?.[1]) / 1024;
}

async function measure(): Promise<Line[]> {
  const { databaseRows } = await import('../support/database.js');
  const { session } = await import('../support/session.js');
  const { fill } = await import('./fill.js');
  const plainPort = await startPlainApache(of);
  const admin = await session(CREDENTIALS.admin);
  const plain = await session(CREDENTIALS.admin, `http://127.0.0.1:${plainPort}/otrs/index.pl`);
  const read = async (answer: Promise<Response>) => {
    const reply = await answer;
    const text = await reply.text();
    if (reply.status >= 400) throw new Error(`${reply.url}: ${reply.status}`);
    return text;
  };
  const overview = () => read(admin.get(SCREEN));
  const bar = () => read(admin.get(`${SCREEN};Subaction=Bar`));
  /** Statements that our user sends for one request; the helpdesk's frame is left out by asking the sidecar directly. */
  const statements = async (query: string) => {
    const direct = () =>
      read(
        fetch(`${of.urls.sidecar}/otrs/index.pl?${query}`, {
          headers: { Cookie: `OTRSAgentInterface=${admin.id}`, 'X-OAuth2-Sidecar-Client': '192.0.2.1' },
        }),
      );
    await databaseRows(
      `UPDATE sessions SET data_value = '192.0.2.1' WHERE data_key = 'UserRemoteAddr' AND session_id = '${admin.id}'`,
    );
    await direct();
    const count = async () => Number((await databaseRows("SHOW GLOBAL STATUS LIKE 'Com_select'"))[0]?.[1]);
    // The settings are looked at again every half second, whoever asks: the fewest are those of the request alone.
    let fewest = Number.POSITIVE_INFINITY;
    for (let n = 0; n < 10; n++) {
      const began = await count();
      await direct();
      fewest = Math.min(fewest, (await count()) - began);
    }
    await databaseRows(
      `UPDATE sessions SET data_value = '127.0.0.1' WHERE data_key = 'UserRemoteAddr' AND session_id = '${admin.id}'`,
    );
    return fewest;
  };

  // As installed: compiled, not through the loader of the tests.
  await exec('npm', ['run', '--silent', 'build'], { cwd: ROOT });
  await stopServer(of, 'sidecar');
  const ready = await timed(() => startSidecar(of, { compiled: true }));
  await fill(20);
  const few = { overview: await statements(SCREEN), bar: await statements(`${SCREEN};Subaction=Bar`) };
  // A program is slow until it is warm; admins meet a warm one.
  await median(40, overview);
  const bare = await median(50, () => read(admin.get('Action=Admin')));
  const framed = await median(50, overview);
  await fill(MANY);
  const many = { overview: await statements(SCREEN), bar: await statements(`${SCREEN};Subaction=Bar`) };
  const ourOverview = await median(15, overview);
  const theirOverview = await timed(() => read(plain.get(SCREEN)));
  const ourBar = await median(50, bar);
  // The built-in bar is part of every page: what a page costs with it and without it.
  const NOTIFY = 'Frontend::NotifyModule###100-OAuth2TokenManagementTokenExpired';
  const plainPage = () => read(plain.get('Action=Admin'));
  const withoutBar = await median(3, plainPage);
  await setSettings(of, [{ name: NOTIFY, valid: true }]);
  // A process of mod_perl keeps the settings that it began with.
  await startPlainApache(of);
  const withBar = await median(3, plainPage);
  await setSettings(of, [{ name: NOTIFY, valid: false }]);
  const theirBar = withBar - withoutBar;
  const memory = residentMemory('sidecar');
  await stopServer(of, 'apache-plain');
  return [
    line(`overview, ${MANY} configurations`, ourOverview, theirOverview, 50),
    line(`bar, ${MANY} configurations`, ourBar, theirBar, 500),
    {
      what: 'queries of the overview, 20 and 1000',
      ours: `${few.overview}, ${many.overview}`,
      target: 'equal',
      met: few.overview === many.overview,
    },
    {
      what: 'queries of the bar, 20 and 1000',
      ours: `${few.bar}, ${many.bar}`,
      target: 'equal',
      met: few.bar === many.bar,
    },
    {
      what: 'our share of an admin page',
      ours: seconds(framed - bare),
      theirs: seconds(bare),
      target: '< 10 ms',
      met: framed - bare < 10,
    },
    { what: 'ready after', ours: seconds(ready), target: '< 1 s', met: ready < 1000 },
    { what: 'resident memory', ours: `${memory.toFixed(0)} MB`, target: '< 120 MB', met: memory < 120 },
  ];
}

const line = (what: string, ours: number, theirs: number, times: number): Line => ({
  what,
  ours: seconds(ours),
  theirs: seconds(theirs),
  ratio: `${Math.round(theirs / ours)}×`,
  target: `≥ ${times}×`,
  met: theirs / ours >= times,
});

await main(async () => {
  try {
    await startLab(of, { fresh: true });
    const screens = await step('Measure the screens', measure);
    const renewals = await step('Measure the renewals', () => measureRenewals(of));
    const lines = [...screens, ...renewals];
    say(`\n${table(lines)}`);
  } finally {
    await stopServer(of, 'apache-plain');
    await stopLab(of);
  }
  return 0;
});
