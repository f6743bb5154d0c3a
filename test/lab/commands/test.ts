import { spawn } from 'node:child_process';
import { existsSync, mkdtempSync, readFileSync, rmSync } from 'node:fs';
import os from 'node:os';
import path from 'node:path';
import { instance, ROOT } from '../instance.js';
import { startLab, stopLab } from '../lab.js';
import { ensureMysql, mysqlOf, startMysql } from '../mysql.js';
import { main, say, step } from '../progress.js';
import { stopServer } from '../servers.js';

/** `make test`: every test, on the real helpdesk. `ONLY=test/db` narrows it; KEEP=1 leaves the lab running. */
interface Suite {
  folders: string[];
  /** Unit tests never reach a network. */
  offline: boolean;
  /** The tests of the database once more, on a real MySQL (LAB_DATABASE). */
  mysql?: true;
}

const SUITES: Suite[] = [
  { folders: ['test/guard', 'test/unit'], offline: true },
  { folders: ['test/db'], offline: false, mysql: true },
  { folders: ['test/oauth', 'test/mail', 'test/web', 'test/db', 'test/e2e'], offline: false },
];

interface Counts {
  passes: number;
  failures: number;
  pending: number;
}

function mocha(files: string[], { offline, mysql }: Suite, results: string): Promise<number> {
  const args = [
    path.join(ROOT, 'node_modules/mocha/bin/mocha.js'),
    '--reporter',
    'test/support/reporter.cjs',
  ];
  if (offline) args.push('--require', 'test/support/deny-network.ts');
  const env = { ...process.env, LAB_RESULTS: results, ...(mysql ? { LAB_DATABASE: 'mysql' } : {}) };
  const child = spawn(process.execPath, [...args, ...files], { cwd: ROOT, env, stdio: 'inherit' });
  return new Promise((resolve, reject) => {
    child.once('error', reject);
    child.once('close', (code) => resolve(code ?? 1));
  });
}

function read(file: string): Counts {
  if (!existsSync(file)) return { passes: 0, failures: 1, pending: 0 };
  return JSON.parse(readFileSync(file, 'utf8')) as Counts;
}

await main(async () => {
  const only = (process.env.ONLY ?? '').split(/\s+/).filter(Boolean);
  const of = instance('test');
  const chosen = SUITES.map((suite) => ({
    ...suite,
    folders:
      only.length > 0
        ? only.filter((name) => suite.folders.some((folder) => name.startsWith(folder)))
        : suite.folders,
  })).filter(({ folders }) => folders.length > 0);
  const folder = mkdtempSync(path.join(os.tmpdir(), 'oauth2-results-'));
  const total: Counts = { passes: 0, failures: 0, pending: 0 };
  let failed = chosen.length === 0;
  try {
    for (const [index, suite] of chosen.entries()) {
      const { folders, offline, mysql } = suite;
      if (!offline) await startLab(of, { fresh: true });
      if (mysql && !(await ensureMysql(of))) continue;
      if (mysql) await step('Start MySQL', () => startMysql(mysqlOf(of)));
      const files = folders.map((name) => (name.endsWith('.ts') ? name : `${name}/**/*.test.ts`));
      const results = path.join(folder, `${index}.json`);
      if ((await mocha(files, suite, results)) !== 0) failed = true;
      if (mysql) await stopServer(mysqlOf(of), 'mysql');
      const counts = read(results);
      total.passes += counts.passes;
      total.failures += counts.failures;
      total.pending += counts.pending;
    }
  } finally {
    rmSync(folder, { recursive: true, force: true });
    await stopServer(mysqlOf(of), 'mysql');
    if (process.env.KEEP !== '1') await stopLab(of);
  }
  if (total.pending > 0) say(`${total.pending} tests did not run: that counts as a failure.`);
  say(`${total.passes} passed, ${total.failures + total.pending} failed`);
  return failed || total.failures + total.pending > 0 ? 1 : 0;
});
