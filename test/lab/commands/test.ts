import { spawn } from 'node:child_process';
import { mkdtempSync, rmSync } from 'node:fs';
import os from 'node:os';
import path from 'node:path';
import { createInterface } from 'node:readline';
import { databaseVersion } from '../database-server.js';
import { fetchHelpdesk } from '../fetch-helpdesk.js';
import { type InstanceName, instance, ROOT } from '../instance.js';
import { startLab, stopLab } from '../lab.js';
import { ensureOther, otherDatabase, startOther, stopOther, withOther } from '../other-database.js';
import { ensurePackages } from '../packages.js';
import { POSTGRES_PACKAGES } from '../postgres.js';
import { buildProgram } from '../program.js';
import { main, Stop, say, step } from '../progress.js';
import { closing, type Results, readResults, slowest } from '../results.js';
import { judged, secondAttempt } from '../second-attempt.js';
import {
  filesOf,
  type Ground,
  helpdesksAtOnce,
  INSTANCES,
  narrowed,
  type SetName,
  type Suite,
  shuffled,
  suitesOf,
  suitesOn,
} from '../suites.js';

/**
 * `make test`, `make test-all`, `make test-long`: the suites of a set, on the real helpdesks, which run side by side.
 * `ONLY=test/db` narrows it, `LAB_INSTANCE=test-6.0` with it takes the old helpdesk, `test-pg` the one on PostgreSQL;
 * LAB_DATABASE (other-database.ts) beside both takes another database server, WITHOUT_OTHER_DATABASES=1 leaves those out;
 * SHUFFLE=7 shuffles suites and files, the same way for the same number; KEEP=1 leaves the labs running.
 * In a whole set, what fails of the tests with genuine servers runs once more (second-attempt.ts).
 */
const [set = 'test'] = process.argv.slice(2) as [SetName?];
const keep = process.env.KEEP === '1';
const only = (process.env.ONLY ?? '').split(/\s+/).filter(Boolean);
const isWhole = set !== 'long' && only.length === 0;

/** Where an instance is not one of the usual helpdesks. */
const GROUND_OF: Partial<Record<InstanceName, Ground>> = { 'test-6.0': '6.0', 'test-pg': 'postgres' };

/** Runs mocha; each line of its output begins with where it ran. */
function mocha(suite: Suite, on: InstanceName | null, results: string): Promise<number> {
  const args = [
    path.join(ROOT, 'node_modules/mocha/bin/mocha.js'),
    '--reporter',
    'test/support/reporter.cjs',
  ];
  // What comes before it has to read it.
  if (on === null)
    args.push(
      ...['run-sources.cjs', 'deny-network.ts'].flatMap((name) => ['--require', `test/support/${name}`]),
    );
  const env = {
    ...process.env,
    ...suite.env,
    LAB_RESULTS: results,
    ...(on === null ? {} : { LAB_INSTANCE: on }),
    LAB_DATABASE: suite.database ?? '',
  };
  const child = spawn(process.execPath, [...args, ...suite.files], {
    cwd: ROOT,
    env,
    stdio: ['ignore', 'pipe', 'pipe'],
  });
  for (const stream of [child.stdout, child.stderr])
    createInterface({ input: stream }).on('line', (line) => say(`${(on ?? 'offline').padEnd(8)} | ${line}`));
  return new Promise((resolve, reject) => {
    child.once('error', reject);
    child.once('close', (code) => resolve(code ?? 1));
  });
}

/** Takes suites from the queue until it is empty. A suite that cannot start counts as a failure. */
async function work(queue: Suite[], on: InstanceName | null, folder: string, all: Results[]): Promise<void> {
  const of = instance(on ?? 'test');
  let isUp = false;
  try {
    for (let suite = queue.shift(); suite !== undefined; suite = queue.shift()) {
      const { database, failedBefore, isFresh } = suite;
      if (on !== null && (!isUp || failedBefore || isFresh)) await startLab(of, { fresh: true });
      isUp = on !== null;
      if (database) await startOther(of, database);
      if (on !== null)
        say(`${on.padEnd(8)} | ${suite.files[0]}: on ${await databaseVersion(withOther(of, database))}`);
      const file = path.join(folder, `${all.length}-${on}.json`);
      const exitCode = await mocha(suite, on, file);
      if (database) await stopOther(of, database);
      const results = readResults(file, exitCode, suite.files.join(' '));
      const again = isWhole ? secondAttempt(suite, results) : null;
      if (again) queue.push(again);
      if (failedBefore) all.push(judged(failedBefore, results));
      else all.push(again ? { ...results, failed: [] } : results);
    }
  } catch (error) {
    const text = error instanceof Stop ? error.message : String((error as Error)?.stack ?? error);
    all.push({ passed: 0, failed: [{ title: `the lab ${on}`, error: text }], skipped: [], times: [] });
  } finally {
    if (isUp && !keep) await stopLab(of);
  }
}

await main(async () => {
  const wanted = process.env.LAB_INSTANCE as InstanceName | undefined;
  const seed = process.env.SHUFFLE;
  // A name in ONLY is looked for in every set.
  const sets: SetName[] = only.length === 0 ? [set] : ['test', 'all'];
  let suites = narrowed(
    sets.flatMap((name) => suitesOf(name)),
    only,
  ).filter(({ database }) => !database || process.env.WITHOUT_OTHER_DATABASES !== '1');
  const database = otherDatabase();
  if (wanted) suites = suitesOn(GROUND_OF[wanted] ?? '6.5', filesOf(only), database);
  if (seed !== undefined) {
    if (!/^\d+$/.test(seed)) throw new Stop('SHUFFLE is a whole number, such as SHUFFLE=7.');
    suites = shuffled(suites, Number(seed));
  }

  const folder = mkdtempSync(path.join(os.tmpdir(), 'oauth2-results-'));
  const all: Results[] = [];
  try {
    const grounds = (['nothing', '6.5', '6.0', 'postgres'] as const).filter((ground) =>
      suites.some((suite) => suite.ground === ground),
    );
    for (const ground of grounds)
      if (ground !== 'nothing')
        await ensurePackages(
          await fetchHelpdesk(instance('test').cache, ground === 'postgres' ? '6.5' : ground),
          ground === 'postgres' ? POSTGRES_PACKAGES : [],
        );
    for (const other of new Set(suites.flatMap((suite) => suite.database ?? [])))
      await ensureOther(instance('test'), other);
    if (grounds.some((ground) => ground !== 'nothing'))
      Object.assign(process.env, await step('Build the program', buildProgram));
    const workers = grounds.flatMap((ground) => {
      const queue = suites.filter((suite) => suite.ground === ground);
      const instances = wanted ? [wanted] : INSTANCES[ground].slice(0, queue.length);
      return instances.map((on, number) => ({ number, on, run: () => work(queue, on, folder, all) }));
    });
    // The first helpdesk of each kind begins; a further one takes the place of a kind that has finished.
    const helpdesks = workers.filter(({ on }) => on !== null).sort((a, b) => a.number - b.number);
    const place = async () => {
      for (let next = helpdesks.shift(); next !== undefined; next = helpdesks.shift()) await next.run();
    };
    await Promise.all([
      ...workers.filter(({ on }) => on === null).map(({ run }) => run()),
      ...Array.from({ length: helpdesksAtOnce(set) }, place),
    ]);
  } finally {
    rmSync(folder, { recursive: true, force: true });
    for (const line of slowest(all)) say(line);
    if (seed !== undefined) say(`SHUFFLE=${seed} repeats this order.`);
    // Last of all, so that the end of the output says what failed.
    for (const line of closing(all)) say(line);
  }
  const faultless = all.every(({ failed, skipped }) => failed.length + skipped.length === 0);
  return all.length > 0 && faultless ? 0 : 1;
});
