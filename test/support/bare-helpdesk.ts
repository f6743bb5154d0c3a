import { createHash } from 'node:crypto';
import { lstatSync, readdirSync, readFileSync, readlinkSync, rmSync, writeFileSync } from 'node:fs';
import path from 'node:path';
import { sql } from '../lab/database-server.js';
import { exec } from '../lab/exec.js';
import { helpdeskConsole } from '../lab/helpdesk.js';
import { scratchDatabase } from './database.js';
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
    /** Table -> its definition and a checksum of its rows. */
    async tables(): Promise<Record<string, string>> {
      const names = (await sql(lab, 'SHOW TABLES', scratch.database)).trim().split('\n');
      const quoted = names.map((name) => `\`${name}\``);
      const text = await sql(
        lab,
        `${quoted.map((name) => `SHOW CREATE TABLE ${name};`).join('')} CHECKSUM TABLE ${quoted.join(', ')}`,
        scratch.database,
      );
      // In the order of the queries: one line for each definition, then one for each checksum.
      const lines = text.trim().split('\n');
      const facts: Record<string, string> = {};
      for (const [index, name] of names.entries())
        facts[name] = `${lines[index]} ${lines[names.length + index]}`.replace(/ AUTO_INCREMENT=\d+/, '');
      return facts;
    },
    async remove() {
      rmSync(home, { recursive: true, force: true });
      await scratch.drop();
    },
  };
}

export type BareHelpdesk = Awaited<ReturnType<typeof bareHelpdesk>>;
