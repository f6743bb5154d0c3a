import { createHash } from 'node:crypto';
import { existsSync, mkdirSync, readdirSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import path from 'node:path';
import { buildOpm } from '../../sysconfig/opm.js';
import { databaseServer, dump, startDatabase } from './database-server.js';
import { exec } from './exec.js';
import { fetchHelpdesk } from './fetch-helpdesk.js';
import { helpdeskConsole } from './helpdesk.js';
import { HELPDESKS, type Instance, ROOT } from './instance.js';
import { giveToLabUser } from './lab-user.js';
import { ensurePackages } from './packages.js';
import { POSTGRES_PACKAGES } from './postgres.js';
import { step } from './progress.js';
import { stopServer } from './servers.js';
import { setUpHelpdesk } from './setup-helpdesk.js';
import { takeSnapshot } from './snapshot.js';
import { unpackHelpdesk } from './unpack-helpdesk.js';

const golden = (of: Instance) => path.join(of.dir, 'golden');
/** The helpdesk's schema and first rows as SQL, for private copies. */
export const schemaFile = (of: Instance) => path.join(golden(of), 'schema.sql');
/** The prepared helpdesk, which no test changes; it belongs to the schema of `schemaFile`. */
export const goldenHome = (of: Instance) => path.join(golden(of), path.basename(of.home));
/** Files and database before anything of ours was there (snapshot.ts). */
export const untouchedFile = (of: Instance) => path.join(golden(of), 'untouched.json');

const filesBelow = (folder: string): string[] =>
  !existsSync(path.join(ROOT, folder))
    ? []
    : readdirSync(path.join(ROOT, folder), { recursive: true, encoding: 'utf8' })
        .map((file) => path.join(folder, file))
        .filter((file) => /\.\w+$/.test(file))
        .sort();

/** Changes when anything changes that the prepared state is made from. */
function fingerprint(of: Instance, deb: string): string {
  const sources = [
    'test/lab/unpack-helpdesk.ts',
    'test/lab/setup-helpdesk.ts',
    'test/lab/golden.ts',
    'test/lab/snapshot.ts',
    ...filesBelow('test/lab/perl'),
    ...filesBelow('sysconfig/definitions'),
    ...filesBelow('sysconfig/scripts'),
    ...filesBelow('sysconfig/styles'),
    'sysconfig/opm.ts',
    'package.json',
    'LICENSE',
  ];
  const hash = createHash('sha256').update(path.basename(deb)).update(JSON.stringify(of));
  for (const file of sources) hash.update(file).update(readFileSync(path.join(ROOT, file)));
  return hash.digest('hex');
}

/** As an admin would: the add-on through the helpdesk's own package manager. */
async function installAddOn(of: Instance): Promise<void> {
  const { version } = JSON.parse(readFileSync(path.join(ROOT, 'package.json'), 'utf8'));
  const file = path.join(of.dir, 'OAuth2Sidecar.opm');
  writeFileSync(file, buildOpm(ROOT, version));
  giveToLabUser(file);
  await helpdeskConsole(of, ['Admin::Package::Install', file]);
}

/** What servers other than the helpdesk's keep. */
const OF_A_RUN = ['mail', 'provider', 'state'];

const copyTree = (from: string, to: string) => exec('cp', ['-a', '--reflink=auto', from, to]);

async function build(of: Instance, deb: string): Promise<void> {
  await stopServer(of, databaseServer(of));
  for (const part of [databaseServer(of), 'golden', ...OF_A_RUN])
    rmSync(path.join(of.dir, part), { recursive: true, force: true });
  await startDatabase(of);
  await unpackHelpdesk(of, deb);
  await setUpHelpdesk(of);
  mkdirSync(golden(of), { recursive: true });
  writeFileSync(untouchedFile(of), JSON.stringify(await takeSnapshot(of)));
  await installAddOn(of);
  writeFileSync(schemaFile(of), await dump(of, of.database.database));
  await stopServer(of, databaseServer(of));
  await copyTree(path.join(of.dir, databaseServer(of)), golden(of));
  await copyTree(of.home, golden(of));
}

/**
 * Prepares the genuine helpdesk once; later calls find it ready.
 * @returns whether it was prepared now, so that nothing has used it yet
 */
export async function ensureHelpdesk(of: Instance): Promise<boolean> {
  const deb = await fetchHelpdesk(of.cache, of.release);
  await ensurePackages(deb, of.database.family === 'postgres' ? POSTGRES_PACKAGES : []);
  const stamp = path.join(golden(of), 'stamp');
  const expected = fingerprint(of, deb);
  if (existsSync(stamp) && readFileSync(stamp, 'utf8') === expected) return false;
  await step(`Set up a genuine Znuny ${HELPDESKS[of.release].version} with a database of its own`, () =>
    build(of, deb),
  );
  writeFileSync(stamp, expected);
  return true;
}

/**
 * Returns database and helpdesk to the prepared state. The sidecar has kept nothing either: answers of another run would be
 * restored to configurations of the same IDs.
 */
export async function restoreHelpdesk(of: Instance): Promise<void> {
  for (const part of [databaseServer(of), path.basename(of.home), ...OF_A_RUN]) {
    rmSync(path.join(of.dir, part), { recursive: true, force: true });
  }
  await copyTree(path.join(golden(of), databaseServer(of)), of.dir);
  await copyTree(goldenHome(of), of.dir);
}
