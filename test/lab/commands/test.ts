import { spawn } from 'node:child_process';
import { mkdtempSync, rmSync } from 'node:fs';
import os from 'node:os';
import path from 'node:path';
import { type InstanceName, instance, ROOT } from '../instance.js';
import { startLab, stopLab } from '../lab.js';
import { ensureMysql, mysqlOf, startMysql } from '../mysql.js';
import { main, say, step } from '../progress.js';
import { closing, type Results, readResults } from '../results.js';
import { stopServer } from '../servers.js';

/**
 * `make test`: every test, on the real helpdesks. `ONLY=test/db` narrows it, `LAB_INSTANCE=test-6.0` with it takes the
 * old helpdesk; WITHOUT_MYSQL=1 leaves MySQL out; KEEP=1 leaves the lab running.
 */
interface Suite {
  folders: string[];
  /** Unit tests never reach a network. */
  offline: boolean;
  /** The tests of the database once more, on a real MySQL (LAB_DATABASE). */
  mysql?: true;
  /** Which helpdesk; Znuny 6.5 unless said otherwise. */
  on?: InstanceName;
}

const SUITES: Suite[] = [
  { folders: ['test/guard', 'test/unit'], offline: true },
  { folders: ['test/db'], offline: false, mysql: true },
  { folders: ['test/oauth', 'test/mail', 'test/db', 'test/e2e'], offline: false },
  { folders: ['test/old-helpdesk'], offline: false, on: 'test-6.0' },
];

/** What holds for every helpdesk runs on Znuny 6.0 as well. */
const ON_EVERY_HELPDESK = [
  'test/db/other-stores.test.ts',
  'test/db/sysconfig.test.ts',
  'test/e2e/access.test.ts',
  'test/e2e/bad-times.test.ts',
  'test/e2e/callback.test.ts',
  'test/e2e/health.test.ts',
  'test/e2e/hostile.test.ts',
  'test/e2e/machine-debian.test.ts',
  'test/e2e/package.test.ts',
];

/** What of a suite is wanted: all of it, or what ONLY names. */
function wanted({ folders, on }: Suite, only: string[]): string[] {
  const old = on === 'test-6.0';
  const files = old ? [...ON_EVERY_HELPDESK, ...folders] : folders;
  if (only.length === 0) return files;
  if (process.env.LAB_INSTANCE) return on === process.env.LAB_INSTANCE ? only : [];
  return only.filter((name) => folders.some((folder) => `${name}/`.startsWith(`${folder}/`)));
}

function mocha(files: string[], { offline, mysql, on = 'test' }: Suite, results: string): Promise<number> {
  const args = [
    path.join(ROOT, 'node_modules/mocha/bin/mocha.js'),
    '--reporter',
    'test/support/reporter.cjs',
  ];
  if (offline) args.push('--require', 'test/support/deny-network.ts');
  const env = {
    ...process.env,
    LAB_RESULTS: results,
    LAB_INSTANCE: on,
    ...(mysql ? { LAB_DATABASE: 'mysql' } : {}),
  };
  const child = spawn(process.execPath, [...args, ...files], { cwd: ROOT, env, stdio: 'inherit' });
  return new Promise((resolve, reject) => {
    child.once('error', reject);
    child.once('close', (code) => resolve(code ?? 1));
  });
}

await main(async () => {
  const only = (process.env.ONLY ?? '').split(/\s+/).filter(Boolean);
  const suites = SUITES.filter(({ mysql }) => !mysql || process.env.WITHOUT_MYSQL !== '1');
  const chosen = suites
    .map((suite) => ({ ...suite, folders: wanted(suite, only) }))
    .filter(({ folders }) => folders.length > 0);
  let of = instance('test');
  const stop = async () => {
    await stopServer(mysqlOf(of), 'mysql');
    await stopLab(of);
  };
  const folder = mkdtempSync(path.join(os.tmpdir(), 'oauth2-results-'));
  const all: Results[] = [];
  try {
    for (const [index, suite] of chosen.entries()) {
      const { folders, offline, mysql, on = 'test' } = suite;
      if (on !== of.name) await stop();
      of = instance(on);
      if (!offline) await startLab(of, { fresh: true });
      if (mysql) await ensureMysql(of);
      if (mysql) await step('Start MySQL', () => startMysql(mysqlOf(of)));
      const files = folders.map((name) => (name.endsWith('.ts') ? name : `${name}/**/*.test.ts`));
      const file = path.join(folder, `${index}.json`);
      const exitCode = await mocha(files, suite, file);
      if (mysql) await stopServer(mysqlOf(of), 'mysql');
      all.push(readResults(file, exitCode, folders.join(' ')));
    }
  } finally {
    rmSync(folder, { recursive: true, force: true });
    await stopServer(mysqlOf(of), 'mysql');
    if (process.env.KEEP !== '1') await stop();
    // Last of all, so that the end of the output says what failed.
    for (const line of closing(all)) say(line);
  }
  const faultless = all.every(({ failed, skipped }) => failed.length + skipped.length === 0);
  return all.length > 0 && faultless ? 0 : 1;
});
