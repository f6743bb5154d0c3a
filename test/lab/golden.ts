import { createHash } from 'node:crypto';
import { existsSync, mkdirSync, readdirSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import path from 'node:path';
import { buildOpm } from '../../sysconfig/opm.js';
import { databaseServer, dump, startDatabase, withReferences } from './database-server.js';
import { exec } from './exec.js';
import { fetchHelpdesk } from './fetch-helpdesk.js';
import { helpdeskConsole } from './helpdesk.js';
import { HELPDESKS, type Instance, instance, ROOT } from './instance.js';
import { giveToLabUser } from './lab-user.js';
import { ensurePackages } from './packages.js';
import { POSTGRES_PACKAGES } from './postgres.js';
import { step } from './progress.js';
import { stopServer } from './servers.js';
import { distinguishHelpdesk, setUpHelpdesk } from './setup-helpdesk.js';
import { takeSnapshot } from './snapshot.js';
import { INSTANCES } from './suites.js';
import { relocate, unpackHelpdesk } from './unpack-helpdesk.js';

const golden = (of: Instance) => path.join(of.dir, 'golden');
/** The helpdesk's schema and first rows as SQL, for private copies. */
export const schemaFile = (of: Instance) => path.join(golden(of), 'schema.sql');
/** Only what database tests need of it, of which they make some fifty copies: a fifth of the work. */
export const partFile = (of: Instance) => path.join(golden(of), 'part.sql');
/** The prepared helpdesk, which no test changes; it belongs to the schema of `schemaFile`. */
export const goldenHome = (of: Instance) => path.join(golden(of), path.basename(of.home));
/** Files and database of the old helpdesk before anything of ours was there (snapshot.ts). */
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

/** What the sidecar reads, writes or looks for. */
const TABLES_OF_SIDECAR = `
  communication_log communication_log_obj_lookup communication_log_object communication_log_object_entry
  gi_webservice_config gi_webservice_config_history group_role group_user groups mail_account mail_queue oauth2_token oauth2_token_config
  package_repository permission_groups process_id queue role_user roles scheduler_recurrent_task sessions
  sysconfig_deployment user_preferences users valid
`;

const copyTree = (from: string, to: string) => exec('cp', ['-a', '--reflink=auto', from, to]);

/** Removes what is left of an older one, and starts a database server. @param from another instance, whose data to copy */
async function begin(of: Instance, from?: Instance): Promise<void> {
  await stopServer(of, databaseServer(of));
  for (const part of [databaseServer(of), path.basename(of.home), 'golden', ...OF_A_RUN])
    rmSync(path.join(of.dir, part), { recursive: true, force: true });
  if (from) {
    await copyTree(path.join(golden(from), databaseServer(from)), of.dir);
    await copyTree(goldenHome(from), of.dir);
  }
  await startDatabase(of);
  mkdirSync(golden(of), { recursive: true });
}

/** Leaves the prepared state. */
async function end(of: Instance): Promise<void> {
  const { database } = of.database;
  writeFileSync(schemaFile(of), await dump(of, database));
  const tables = await withReferences(of, database, TABLES_OF_SIDECAR.trim().split(/\s+/));
  writeFileSync(partFile(of), await dump(of, database, tables));
  await stopServer(of, databaseServer(of));
  await copyTree(path.join(of.dir, databaseServer(of)), golden(of));
  await copyTree(of.home, golden(of));
}

async function build(of: Instance, deb: string): Promise<void> {
  await begin(of);
  await unpackHelpdesk(of, deb);
  await setUpHelpdesk(of);
  if (of.release === '6.0') writeFileSync(untouchedFile(of), JSON.stringify(await takeSnapshot(of)));
  await installAddOn(of);
  await end(of);
}

/** Does what `build` does, in a fifth of the time. */
async function copy(of: Instance, from: Instance): Promise<void> {
  await begin(of, from);
  relocate(of, from.home);
  // It knows the settings of the other one.
  rmSync(path.join(of.home, 'var/tmp/CacheFileStorable'), { recursive: true, force: true });
  await distinguishHelpdesk(of);
  await end(of);
}

const stampFile = (of: Instance) => path.join(golden(of), 'stamp');
const isReady = (of: Instance, deb: string): boolean =>
  existsSync(stampFile(of)) && readFileSync(stampFile(of), 'utf8') === fingerprint(of, deb);

const isSimilar = (a: Instance, b: Instance): boolean =>
  a.release === b.release && a.database.family === b.database.family;

/** Those of this process that are being set up, for others to copy. */
const begun: { of: Instance; isDone: Promise<unknown> }[] = [];

async function setUp(of: Instance, deb: string): Promise<void> {
  const other = begun.find((one) => isSimilar(one.of, of));
  if (other) await other.isDone.catch(() => undefined);
  const similar = Object.values(INSTANCES)
    .flat()
    .flatMap((name) => (name === null ? [] : instance(name)))
    .find((one) => isSimilar(one, of) && isReady(one, deb));
  const { version } = HELPDESKS[of.release];
  const work = similar
    ? step(`Copy the genuine Znuny ${version} of ${similar.name}`, () => copy(of, similar))
    : step(`Set up a genuine Znuny ${version} with a database of its own`, () => build(of, deb));
  const isDone = work.then(() => writeFileSync(stampFile(of), fingerprint(of, deb)));
  begun.push({ of, isDone });
  await isDone;
}

/**
 * Prepares the genuine helpdesk once; later calls find it ready.
 * @returns whether it was prepared now, so that nothing has used it yet
 */
export async function ensureHelpdesk(of: Instance): Promise<boolean> {
  const deb = await fetchHelpdesk(of.cache, of.release);
  await ensurePackages(deb, of.database.family === 'postgres' ? POSTGRES_PACKAGES : []);
  if (isReady(of, deb)) return false;
  await setUp(of, deb);
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
