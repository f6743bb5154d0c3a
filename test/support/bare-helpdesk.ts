import { createHash } from 'node:crypto';
import { lstatSync, readdirSync, readFileSync, readlinkSync, rmSync, writeFileSync } from 'node:fs';
import path from 'node:path';
import { sql } from '../lab/database-server.js';
import { exec } from '../lab/exec.js';
import { helpdeskConsole } from '../lab/helpdesk.js';
import { IS_POSTGRES, scratchDatabase } from './database.js';
import { lab } from './instance.js';

/** Folders in which the helpdesk itself leaves files on every call. */
const VOLATILE = /^var\/(tmp|log|run|sessions)(\/|$)|^Kernel\/Config\/Files\/(ZZZAAuto|User)/;

/** Files below a folder with mode, owner and content; links with their target; folders. */
export function fileFacts(folder: string, skip = /^$/): Record<string, string> {
  const facts: Record<string, string> = {};
  for (const name of readdirSync(folder, { recursive: true, encoding: 'utf8' }).sort()) {
    if (skip.test(name)) continue;
    const file = path.join(folder, name);
    const stat = lstatSync(file);
    const content = stat.isSymbolicLink()
      ? `-> ${readlinkSync(file)}`
      : stat.isFile()
        ? createHash('sha256').update(readFileSync(file)).digest('hex')
        : 'folder';
    facts[name] = `${(stat.mode & 0o7777).toString(8)} ${stat.uid}:${stat.gid} ${content}`;
  }
  return facts;
}

const tableNames = async (database: string): Promise<string[]> =>
  (
    await sql(
      lab,
      `SELECT table_name FROM information_schema.tables
       WHERE table_schema = '${IS_POSTGRES ? 'public' : database}' ORDER BY table_name`,
      database,
    )
  )
    .trim()
    .split('\n');

/** Table -> its definition and a checksum of its rows. */
async function tableFacts(database: string): Promise<Record<string, string>> {
  const names = await tableNames(database);
  const text = await sql(lab, IS_POSTGRES ? factsOnPostgres(names) : factsOnMariadb(names), database);
  // In the order of the queries: one line for each definition, then one for each checksum.
  const lines = text.trim().split('\n');
  return Object.fromEntries(
    names.map((name, index) => [
      name,
      `${lines[index]} ${lines[names.length + index]}`.replace(/ AUTO_INCREMENT=\d+/, ''),
    ]),
  );
}

function factsOnMariadb(names: string[]): string {
  const quoted = names.map((name) => `\`${name}\``);
  return `${quoted.map((name) => `SHOW CREATE TABLE ${name};`).join('')} CHECKSUM TABLE ${quoted.join(', ')}`;
}

/** Its columns, keys and indexes. Of the rights on it, only those of a role that still exists would show. */
const factsOnPostgres = (names: string[]): string =>
  [
    ...names.map(
      (name) => `SELECT CONCAT_WS(' ',
        (SELECT string_agg(CONCAT_WS(' ', attname, format_type(atttypid, atttypmod), attnotnull), ', ' ORDER BY attnum)
           FROM pg_attribute WHERE attrelid = t.oid AND attnum > 0 AND NOT attisdropped),
        (SELECT string_agg(pg_get_constraintdef(oid), ', ' ORDER BY conname) FROM pg_constraint WHERE conrelid = t.oid),
        (SELECT string_agg(pg_get_indexdef(indexrelid), ', ' ORDER BY indexrelid) FROM pg_index WHERE indrelid = t.oid))
        FROM (SELECT CAST('public."${name}"' AS regclass) AS oid) t;`,
    ),
    ...names.map(
      (name) =>
        `SELECT COALESCE(md5(string_agg(CAST(t AS TEXT), ' ' ORDER BY CAST(t AS TEXT))), 'empty') FROM "${name}" t;`,
    ),
  ].join('');

/** A separate helpdesk with a database of its own and without the add-on, on the lab's database server. */
export async function bareHelpdesk(name = 'first') {
  const scratch = await scratchDatabase();
  const home = path.join(lab.dir, `bare-${process.pid}-${name}`);
  rmSync(home, { recursive: true, force: true });
  await exec('cp', ['-a', '--reflink=auto', path.join(lab.dir, 'golden', path.basename(lab.home)), home]);
  const configPm = path.join(home, 'Kernel/Config.pm');
  writeFileSync(
    configPm,
    readFileSync(configPm, 'utf8')
      .replaceAll(lab.home, home)
      .replace(/(\{Database\}\s*= ')[^']*/, `$1${scratch.database}`),
  );
  rmSync(path.join(home, 'var/tmp/CacheFileStorable'), { recursive: true, force: true });
  const of = { ...lab, home };
  const console = (...args: string[]) => helpdeskConsole(of, args);
  await console('Admin::Package::Uninstall', 'OAuth2Sidecar');
  return {
    home,
    database: scratch.database,
    console,
    /** Rows of a query, as texts. */
    rows: async (query: string): Promise<string[][]> =>
      (await sql(lab, query, scratch.database))
        .split('\n')
        .filter((line) => line !== '')
        .map((line) => line.split('\t')),
    files: () => fileFacts(home, VOLATILE),
    tableNames: () => tableNames(scratch.database),
    tables: () => tableFacts(scratch.database),
    async remove() {
      rmSync(home, { recursive: true, force: true });
      await scratch.drop();
    },
  };
}

export type BareHelpdesk = Awaited<ReturnType<typeof bareHelpdesk>>;
