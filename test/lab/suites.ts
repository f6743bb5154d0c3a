import { existsSync, readdirSync } from 'node:fs';
import path from 'node:path';
import { type InstanceName, ROOT } from './instance.js';
import type { OtherDatabase } from './other-database.js';
import type { Results } from './results.js';

/**
 * `test`: what a newcomer runs. `all`: everything else that must hold at each change. `long`: what is run before a
 * release, at full size.
 */
export type SetName = 'test' | 'all' | 'long';

/**
 * What a suite needs in addition to Node.js: nothing, not even a network, or one of the genuine helpdesks; `postgres`:
 * the newer one on PostgreSQL.
 */
export type Ground = 'nothing' | '6.5' | '6.0' | 'postgres';

/** What one mocha process runs. */
export interface Suite {
  ground: Ground;
  /** Below the checkout. */
  files: string[];
  /** The database tests once more, on another server (LAB_DATABASE). */
  database?: OtherDatabase;
  env?: Record<string, string>;
  /** Begins on a helpdesk that nobody has used since it was set up: it compares all of it with what it was. */
  isFresh?: true;
  /** This is its second attempt (second-attempt.ts); what failed in the first. */
  failedBefore?: Results['failed'];
}

/** The end-to-end tests of `make test`: what admins do every day, and what must never break. */
const EVERY_DAY = [
  'access',
  'callback',
  'exchange',
  'form',
  'get-token',
  'health',
  'hostile',
  'in-two-looks',
  'journey',
  'mailboxes',
  'overview',
].map((name) => `test/e2e/${name}.test.ts`);

/** They compare a whole helpdesk with the one that was set up; first on their ground, where it is fresh anyway. */
const ON_A_FRESH_LAB = ['test/old-helpdesk/journey.test.ts'];

/** What holds for every helpdesk also runs on Znuny 6.0. */
const ON_EVERY_HELPDESK = [
  'test/db/other-stores.test.ts',
  'test/db/config-pm-shapes.test.ts',
  'test/db/sysconfig.test.ts',
  'test/e2e/access.test.ts',
  'test/e2e/bad-times.test.ts',
  'test/e2e/built-in-closed.test.ts',
  'test/e2e/callback.test.ts',
  'test/e2e/health.test.ts',
  'test/e2e/hostile.test.ts',
  'test/e2e/package.test.ts',
  'test/e2e/passwords.test.ts',
];

/** The same before a release: at each change they run on Znuny 6.5, where more can go wrong. */
const ON_ZNUNY_6_0_LATER = ['test/e2e/machine-debian.test.ts'];

/** Tests of the database that need a server of one family beside the helpdesk's. */
const OF_MARIADB = ['database-socket', 'database-tls', 'galera'].map((name) => `test/db/${name}.test.ts`);
/** One upgrade for each state of the tables between versions, as MariaDB and PostgreSQL had them. */
const BETWEEN_VERSIONS = 'test/db/between-versions.test.ts';
/** What versions of MariaDB may treat differently: collations, types, grants, their own names. */
const ON_NEWER_MARIADB = [
  'connection',
  'dialect',
  'grants',
  'narrow-columns',
  'overview',
  'similar-names',
  'token-configs',
  'token-tables',
  'tokens',
].map((name) => `test/db/${name}.test.ts`);
/** How Perl reads the helpdesk's own file: which database server it names changes nothing. */
const CONFIG_PM = 'test/db/config-pm-shapes.test.ts';
/** Of connections to MariaDB, times, and what Perl does: MySQL has no say in it. */
const NOT_ON_MYSQL = [
  CONFIG_PM,
  ...OF_MARIADB,
  ...['database-password', 'daylight-saving', 'given-settings', 'hold-off'].map(
    (name) => `test/db/${name}.test.ts`,
  ),
];
/** What runs on PostgreSQL, too. */
const ON_POSTGRES = ['journey', 'relay-alone', 'callback'].map((name) => `test/e2e/${name}.test.ts`);
/** The fault that it has to survive at each change. */
const CHAOS_ON_POSTGRES = {
  file: 'test/chaos/processes.test.ts',
  fault: 'a sidecar is killed again and again',
};

/** PostgreSQL only. */
const CHAOS_OF_POSTGRES = 'test/chaos/takeover.test.ts';

/** Faults between sidecars and the database, with which servers deal differently: all of them before a release. */
const OF_THE_DATABASE = ['connections', 'database', 'locks', 'processes', 'refusals'].map(
  (name) => `test/chaos/${name}.test.ts`,
);

/** An upgrade that dies: at a sixth of its statements at each change, at all of them before a release. */
const UPGRADES = 'test/db/released.test.ts';
/** A small one at each change. */
const LONG_HISTORY = 'test/db/long-history.test.ts';

/** They install the same packages, which take as long to build as each of them. */
const OF_PACKAGES = ['packages', 'container'].map((name) => `test/e2e/${name}.test.ts`);

/** Every command of the documentation; its commands exist in any case (test/guard). */
const OF_DOCS = 'test/e2e/machine-docs.test.ts';
/**
 * Attacks on the web servers that send each request to a running Perl, and on those that start one: a thousand each before
 * a release, at each change a part of them, with a different seed each time.
 */
const SPELLINGS = ['built-in-closed', 'built-in-closed-nginx'].map((name) => `test/e2e/${name}.test.ts`);
const SPELLINGS_CGI = ['test/e2e/built-in-closed-cgi.test.ts', 'test/e2e/nginx-alone.test.ts'];
const SOME_SPELLINGS = { SPELLINGS_REQUESTS: '250' };
const ALL_SPELLINGS = {
  SPELLINGS_REQUESTS: '1000',
  SPELLINGS_REQUESTS_CGI: '1000',
  SPELLINGS_REQUESTS_FASTCGI: '1000',
};
/** The faults that `make test` plays: file and name. All others need `make test-all`. */
const SHORT_CHAOS = {
  'test/chaos/database.test.ts': 'loses what it committed in its last seconds',
  'test/chaos/provider.test.ts': 'each answer has the Content-Type text/html',
};
const SIMULATION = ['test/unit/simulation/simulation.test.ts', 'test/unit/simulation/mail.test.ts'];

/** Every test file of a folder, in alphabetical order; none where there is no such folder. */
export const testFiles = (folder: string): string[] =>
  (existsSync(path.join(ROOT, folder))
    ? readdirSync(path.join(ROOT, folder), { recursive: true, encoding: 'utf8' })
    : []
  )
    .filter((name) => name.endsWith('.test.ts'))
    .map((name) => `${folder}/${name}`)
    .sort();

const CHAOS = testFiles('test/chaos').filter((file) => file !== CHAOS_OF_POSTGRES);

/** Each file in a process of its own, so that the first free helpdesk takes the next one. */
const eachOf = (ground: Ground, files: string[]): Suite[] =>
  files.map((file) => ({
    ground,
    files: [file],
    ...(ON_A_FRESH_LAB.includes(file) ? { isFresh: true } : {}),
    ...(SPELLINGS.includes(file) ? { env: SOME_SPELLINGS } : {}),
  }));

/** The simulation at a size that fits; its assertions are the same at every size. */
const simulation = (configs: number, days: number, killsADay: number): Record<string, string> => ({
  SIM_CONFIGS: String(configs),
  SIM_DAYS: String(days),
  SIM_KILLS_A_DAY: String(killsADay),
});

/** Changes every day and is the same for everybody: 20260131. */
const seedOf = (today: Date): string => today.toISOString().slice(0, 10).replaceAll('-', '');

/** The suites of a set. Every test file is in at least one of them. */
export function suitesOf(set: SetName, today = new Date()): Suite[] {
  const database = testFiles('test/db').filter((file) => file !== BETWEEN_VERSIONS);
  const rest = testFiles('test/e2e').filter(
    (file) => ![...EVERY_DAY, ...OF_PACKAGES, OF_DOCS].includes(file),
  );
  const sets: Record<SetName, () => Suite[]> = {
    test: () => [
      {
        ground: 'nothing',
        files: [...testFiles('test/guard'), ...testFiles('test/unit')],
        env: { ...simulation(300, 10, 24), SIM_DETECTS: '0' },
      },
      { ground: '6.5', files: database },
      // They mostly wait, so the others run meanwhile.
      ...Object.entries(SHORT_CHAOS).map(
        ([file, fault]): Suite => ({
          ground: '6.5',
          files: [file],
          env: { CHAOS_ONLY: fault, CHAOS_SEED: seedOf(today) },
        }),
      ),
      {
        ground: '6.5',
        files: [...testFiles('test/web'), ...testFiles('test/oauth'), ...testFiles('test/mail')],
      },
      ...eachOf('6.5', EVERY_DAY),
      {
        ground: '6.5',
        files: SPELLINGS.slice(0, 1),
        env: { SPELLINGS_REQUESTS: '100', SPELLINGS_REQUESTS_CGI: '10' },
      },
    ],
    all: () => [
      {
        ground: 'nothing',
        files: SIMULATION,
        env: { ...simulation(500, 20, 10), SIM_SEED: seedOf(today) },
      },
      {
        ground: '6.5',
        files: database.filter((file) => !NOT_ON_MYSQL.includes(file)),
        database: 'mysql',
      },
      { ground: '6.5', files: [BETWEEN_VERSIONS] },
      { ground: '6.5', files: ON_NEWER_MARIADB, database: 'mariadb' },
      {
        ground: 'postgres',
        files: testFiles('test/db').filter((file) => ![...OF_MARIADB, CONFIG_PM].includes(file)),
      },
      { ground: 'postgres', files: [...ON_POSTGRES, ...testFiles('test/postgres')] },
      {
        ground: 'postgres',
        files: [CHAOS_ON_POSTGRES.file],
        env: { CHAOS_ONLY: CHAOS_ON_POSTGRES.fault, CHAOS_SEED: seedOf(today) },
      },
      { ground: 'postgres', files: [CHAOS_OF_POSTGRES], env: { CHAOS_SEED: seedOf(today) } },
      ...eachOf('6.5', CHAOS),
      { ground: '6.5', files: testFiles('test/daemon'), env: { DAEMON_FAULTS: '0' } },
      // The longest, so not last, when others have nothing more to do.
      { ground: '6.5', files: OF_PACKAGES },
      ...eachOf('6.5', rest),
      ...eachOf('6.0', [
        ...new Set([...ON_A_FRESH_LAB, ...ON_EVERY_HELPDESK, ...testFiles('test/old-helpdesk')]),
      ]),
    ],
    long: () => [
      { ground: 'nothing', files: SIMULATION, env: simulation(10_000, 120, 3) },
      ...eachOf('6.5', CHAOS).map((suite) => ({ ...suite, env: { CHAOS_ROUNDS: '5' } })),
      { ground: '6.5', files: [LONG_HISTORY], env: { HISTORY_ROWS: '1300000' } },
      { ground: '6.5', files: [UPGRADES], env: { EACH_STATEMENT: '1' } },
      { ground: '6.5', files: [UPGRADES], env: { EACH_STATEMENT: '1' }, database: 'mysql' },
      ...eachOf('postgres', [...OF_THE_DATABASE, CHAOS_OF_POSTGRES]).map((suite) => ({
        ...suite,
        env: { CHAOS_ROUNDS: '1' },
      })),
      ...eachOf('6.5', [...testFiles('test/daemon'), OF_DOCS]),
      ...eachOf('6.0', ON_ZNUNY_6_0_LATER),
      ...(['6.5', '6.0'] as const).flatMap((ground) =>
        eachOf(ground, [...SPELLINGS, ...SPELLINGS_CGI]).map((suite) => ({ ...suite, env: ALL_SPELLINGS })),
      ),
    ],
  };
  return sets[set]();
}

/**
 * How many helpdesks run side by side: tests often wait, so more than the two cores that are expected. In the short set
 * more than three would take more time to start than they save.
 */
export const helpdesksAtOnce = (set: SetName): number => (set === 'test' ? 3 : 5);

/** The helpdesks that a suite may run on. */
export const INSTANCES: Record<Ground, (InstanceName | null)[]> = {
  nothing: [null],
  '6.5': ['test', 'test-2', 'test-3', 'test-4'],
  '6.0': ['test-6.0'],
  postgres: ['test-pg'],
};

/** Only the parts that `names` of files or folders select. */
export const narrowed = (suites: Suite[], names: string[]): Suite[] =>
  names.length === 0
    ? suites
    : suites
        .map((suite) => ({
          ...suite,
          files: suite.files.filter((file) =>
            names.some((name) => file === name || file.startsWith(`${name.replace(/\/$/, '')}/`)),
          ),
        }))
        .filter(({ files }) => files.length > 0);

/** The test files that these names of files and folders stand for. */
export const filesOf = (names: string[]): string[] =>
  names.flatMap((name) => (name.endsWith('.test.ts') ? [name] : testFiles(name.replace(/\/$/, ''))));

/** End-to-end tests need a process of their own, which removes what others left. */
const NEEDS_A_PROCESS = /^test\/(?:e2e|old-helpdesk)\//;

/** These files for one helpdesk that was asked for. */
export function suitesOn(ground: Ground, files: string[], database?: OtherDatabase): Suite[] {
  const together = files.filter((file) => !NEEDS_A_PROCESS.test(file));
  const alone = eachOf(
    ground,
    files.filter((file) => NEEDS_A_PROCESS.test(file)),
  );
  const suites = [...(together.length > 0 ? [{ ground, files: together }] : []), ...alone];
  return suites.map((suite) => ({ ...suite, ...(database ? { database } : {}) }));
}

/** The suites, and the files of each, in an order determined by `seed`. */
export function shuffled(suites: Suite[], seed: number): Suite[] {
  const random = randomOf(seed);
  const mixed = <T>(list: T[]): T[] =>
    list
      .map((item) => ({ item, at: random() }))
      .sort((a, b) => a.at - b.at)
      .map(({ item }) => item);
  return mixed(suites).map((suite) => ({ ...suite, files: mixed(suite.files) }));
}

/** Numbers from 0 to 1 (mulberry32), the same for the same seed. */
function randomOf(seed: number): () => number {
  let state = seed >>> 0;
  return () => {
    state = (state + 0x6d2b79f5) >>> 0;
    let mixed = Math.imul(state ^ (state >>> 15), 1 | state);
    mixed = (mixed + Math.imul(mixed ^ (mixed >>> 7), 61 | mixed)) ^ mixed;
    return ((mixed ^ (mixed >>> 14)) >>> 0) / 2 ** 32;
  };
}
