import { createHash } from 'node:crypto';
import { readdirSync, readFileSync } from 'node:fs';
import path from 'node:path';
import { exec } from './exec.js';
import type { Instance } from './instance.js';
import { clientOptions } from './mariadb.js';
import { dumpWith as postgresDump } from './postgres.js';

/** A helpdesk's files and database, to compare before and after. */
export interface Snapshot {
  /** Path below the helpdesk's home -> SHA-256 of its content. */
  files: Record<string, string>;
  /** Table -> its CREATE TABLE. */
  tables: Record<string, string>;
  /** Table -> its rows as INSERT statements, in order of the primary key; without those of VOLATILE_ROWS. */
  rows: Record<string, string[]>;
}

/** What the helpdesk itself keeps writing: caches, logs, and the deployed settings as Perl with their number. */
const VOLATILE_FILES =
  /^var\/(tmp|log|run|sessions)\/|\/(js|css)-cache\/|^Kernel\/Config\/Files\/(ZZZAAuto|User\/.*)\.pm$/;

/**
 * Rows that the helpdesk itself writes: work for its daemon, log-ins, its statistics when somebody first looks at them,
 * and a copy of all settings with each rebuild and deployment.
 */
const VOLATILE_ROWS = [
  'scheduler_future_task',
  'scheduler_recurrent_task',
  'scheduler_task',
  'sessions',
  'user_preferences',
  'xml_storage',
  'sysconfig_default',
  'sysconfig_default_version',
  'sysconfig_deployment',
  'sysconfig_modified',
  'sysconfig_modified_version',
];

export async function takeSnapshot(of: Instance): Promise<Snapshot> {
  const { tables, rows } = of.database.family === 'postgres' ? await ofPostgres(of) : await ofMariadb(of);
  for (const name of VOLATILE_ROWS) delete rows[name];
  return { files: hashFiles(of.home), tables, rows };
}

/** Sorts statements by their table. */
function byTable(names: string[], inserts: Iterable<RegExpMatchArray>): Snapshot['rows'] {
  const rows: Snapshot['rows'] = Object.fromEntries(names.map((name) => [name, []]));
  for (const [text, name = ''] of inserts) rows[name]?.push(text);
  return rows;
}

async function ofMariadb(of: Instance): Promise<Pick<Snapshot, 'tables' | 'rows'>> {
  const dump = (...options: string[]) =>
    exec('mariadb-dump', [
      ...clientOptions(of),
      '--single-transaction',
      '--skip-comments',
      ...options,
      of.database.database,
    ]);
  const tables: Snapshot['tables'] = {};
  for (const [text, name = ''] of (await dump('--no-data')).matchAll(
    /^CREATE TABLE `(\w+)` \([\s\S]*?\n\)[^\n]*;$/gm,
  ))
    tables[name] = text.replace(/ AUTO_INCREMENT=\d+/, '');
  const inserts = await dump(
    '--no-create-info',
    '--skip-extended-insert',
    '--complete-insert',
    '--order-by-primary',
    '--hex-blob',
  );
  return { tables, rows: byTable(Object.keys(tables), inserts.matchAll(/^INSERT INTO `(\w+)` .*$/gm)) };
}

async function ofPostgres(of: Instance): Promise<Pick<Snapshot, 'tables' | 'rows'>> {
  const { database } = of.database;
  const schema = await postgresDump(of, database, ['--schema-only', '--no-owner', '--no-privileges']);
  const tables: Snapshot['tables'] = {};
  for (const [text, name = ''] of schema.matchAll(/^CREATE TABLE public\.(\w+) \([\s\S]*?\n\);$/gm))
    tables[name] = text;
  const inserts = await postgresDump(of, database, ['--data-only', '--column-inserts']);
  const rows = inserts.matchAll(/^INSERT INTO public\.(\w+) (?:'(?:[^']|'')*'|[^';])*;$/gm);
  return { tables, rows: byTable(Object.keys(tables), rows) };
}

function hashFiles(home: string): Snapshot['files'] {
  const files: Snapshot['files'] = {};
  for (const entry of readdirSync(home, { recursive: true, withFileTypes: true })) {
    const file = path.join(entry.parentPath, entry.name);
    const name = path.relative(home, file);
    if (entry.isFile() && !VOLATILE_FILES.test(name))
      files[name] = createHash('sha256').update(readFileSync(file)).digest('hex');
  }
  return files;
}

/** Everything that has changed, one line for each file, table and row; none where nothing is left. */
export function differences(before: Snapshot, after: Snapshot): string[] {
  const changed = (what: string, from: Record<string, string>, to: Record<string, string>): string[] =>
    [...new Set([...Object.keys(from), ...Object.keys(to)])]
      .filter((name) => from[name] !== to[name])
      .map((name) => `${what} ${name} ${!(name in to) ? 'is gone' : name in from ? 'changed' : 'is new'}`);
  const rows = Object.keys(before.rows).flatMap((table) => {
    const [from, to] = [before.rows[table] ?? [], after.rows[table] ?? []];
    return [
      ...from.filter((row) => !to.includes(row)).map((row) => `gone: ${row.slice(0, 300)}`),
      ...to.filter((row) => !from.includes(row)).map((row) => `new: ${row.slice(0, 300)}`),
    ];
  });
  return [
    ...changed('file', before.files, after.files),
    ...changed('table', before.tables, after.tables),
    ...rows,
  ];
}
