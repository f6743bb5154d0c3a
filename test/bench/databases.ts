import { spawn } from 'node:child_process';
import path from 'node:path';
import { createInterface } from 'node:readline';
import { databaseVersion } from '../lab/database-server.js';
import { type InstanceName, instance, ROOT } from '../lab/instance.js';
import { startLab, stopLab } from '../lab/lab.js';
import type { Line } from './measure.js';

const COUNTS = [1000, 10_000];
/** Both are measured by turns, so that both meet the same load of the machine. */
const ROUNDS = 4;
const TIMES = 20;

/** A process that measures the overview of one instance: the code shared with the tests acts on a single one. */
function measuring(name: InstanceName) {
  const child = spawn(
    process.execPath,
    ['--import', 'tsx', path.join(ROOT, 'test/bench/overview-child.ts')],
    {
      cwd: ROOT,
      env: { ...process.env, LAB_INSTANCE: name },
      stdio: ['pipe', 'pipe', 'inherit'],
    },
  );
  const answers = createInterface({ input: child.stdout })[Symbol.asyncIterator]();
  return {
    async ask(line: string): Promise<Record<string, number>> {
      child.stdin.write(`${line}\n`);
      const { value, done } = await answers.next();
      if (done) throw new Error(`The measurement on ${name} has ended.`);
      return JSON.parse(value);
    },
    end: () =>
      new Promise<void>((resolve) => {
        child.once('exit', () => resolve());
        child.stdin.end();
        if (child.exitCode !== null) resolve();
      }),
  };
}

/** What overview and bar cost the sidecar on PostgreSQL, beside the same on MariaDB. */
export async function measureDatabases(): Promise<Line[]> {
  const other = instance('test-pg');
  await startLab(other, { fresh: true });
  const versions = await Promise.all([instance('test'), other].map(databaseVersion));
  const sides = (['test', 'test-pg'] as const).map(measuring);
  const lines: Line[] = [];
  try {
    for (const count of COUNTS) {
      for (const side of sides) await side.ask(`fill ${count}`);
      const best: Record<string, number>[] = [{}, {}];
      for (let round = 0; round < ROUNDS; round++)
        for (const [at, side] of sides.entries())
          for (const [view, ms] of Object.entries(await side.ask(`measure ${TIMES}`))) {
            const mine = best[at] as Record<string, number>;
            mine[view] = Math.min(mine[view] ?? Number.POSITIVE_INFINITY, ms);
          }
      const [mariadb = {}, postgres = {}] = best;
      for (const [view, ms] of Object.entries(postgres)) {
        const ratio = ms / (mariadb[view] ?? Number.NaN);
        lines.push({
          what: `${view.startsWith('bar') ? view : `overview, ${view}`}: ${count}, ${versions[1]}`,
          ours: `${ms.toFixed(1)} ms`,
          theirs: `${versions[0]}: ${(mariadb[view] ?? Number.NaN).toFixed(1)} ms`,
          ratio: ratio.toFixed(2),
          target: '≤ 1.5',
          met: ratio <= 1.5,
        });
      }
    }
  } finally {
    await Promise.all(sides.map((side) => side.end()));
    await stopLab(other);
  }
  return lines;
}
