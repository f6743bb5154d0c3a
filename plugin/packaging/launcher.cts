#!/usr/bin/env node
import crypto = require('node:crypto');
import fs = require('node:fs');
import path = require('node:path');
import vm = require('node:vm');

/**
 * dist/plugin/cli.cjs, the command `znuny-oauth2`: runs a bundle (bundle.ts) with V8's code cache. Compiling
 * the bundle again would take as long as the rest of a command, and more than half of the service's start.
 *
 * The cache is a file next to the bundle. A command run by a user who may write to the program's folder
 * creates it when it ends, and the service's cache too, because the service must not be able to change what
 * it runs. V8 accepts the cache only for the same version and flags. Without it, everything works, but more
 * slowly.
 */

/** A bundle's name contains its hash, because V8 compares only the length of the source. */
declare const BUNDLES: { command: string; serve: string };
/** The flags with which the unit and the Debian package start the service. */
const FLAGS = { command: '', serve: '--max-semi-space-size=2' };
/**
 * How the service collects memory; set after the code is loaded, because the code cache is for other flags.
 * - V8 lets the heap grow to four times its used size before it collects all of it. The service shares its machine, so it
 *   collects earlier.
 * - The new space is so small that waiting for the threads that help to collect it takes longer than collecting it: what
 *   allocates all the time took a fifth more of the processor.
 */
const COLLECTION = ['--heap-growing-percent=20', '--no-parallel-scavenge'];
/** The argument of the process that only compiles the service's bundle. */
const COMPILE = '--compile-serve';
const folder = path.join(__dirname, 'cli/bundle');

type Kind = keyof typeof BUNDLES;

const fileOf = (kind: Kind): string => path.join(folder, BUNDLES[kind]);
const codeFileOf = (kind: Kind): string => `${fileOf(kind)}.${process.arch}.code`;

/**
 * Wraps a bundle as Node wraps a module and adds an `import()`, which a script does not have. The bundle is
 * ASCII.
 */
const wrapped = (kind: Kind): string =>
  `(function (require, __filename, __dirname, importModule) {${fs.readFileSync(fileOf(kind), 'latin1')}\n})`;

/** A damaged cache would crash the process, because V8 itself checks only its beginning. */
const SUM = 20;
const sumOf = (code: Buffer): Buffer => crypto.createHash('sha1').update(code).digest();

function readCode(kind: Kind): Buffer | undefined {
  try {
    const content = fs.readFileSync(codeFileOf(kind));
    const code = content.subarray(0, -SUM);
    return sumOf(code).equals(content.subarray(-SUM)) ? code : undefined;
  } catch {
    return undefined;
  }
}

/**
 * Compiles every function, not only those that this command has called, and stores the code for the next
 * process.
 */
function leaveCode(kind: Kind): void {
  const codeFile = codeFileOf(kind);
  const unfinished = `${codeFile}.${process.pid}`;
  try {
    fs.accessSync(folder, fs.constants.W_OK);
    const v8 = require('node:v8') as typeof import('node:v8');
    v8.setFlagsFromString('--no-lazy');
    // Without a file name; otherwise V8 would reuse the script that it has already compiled.
    const script = new vm.Script(wrapped(kind));
    v8.setFlagsFromString('--lazy');
    const code = script.createCachedData();
    fs.writeFileSync(unfinished, Buffer.concat([code, sumOf(code)]), { flag: 'wx' });
    fs.chmodSync(unfinished, 0o644);
    fs.renameSync(unfinished, codeFile);
  } catch {
    // Another user's installation, or a full disk.
    fs.rmSync(unfinished, { force: true });
  }
}

/** Compiles in a separate process, which has the service's flags. */
function leaveCodeOfService(): void {
  try {
    fs.accessSync(folder, fs.constants.W_OK);
    const { spawnSync } = require('node:child_process') as typeof import('node:child_process');
    spawnSync(process.execPath, [FLAGS.serve, __filename, COMPILE], { stdio: 'ignore', timeout: 60_000 });
  } catch {
    // Another user's installation.
  }
}

function run(kind: Kind): void {
  const cachedData = readCode(kind);
  const script = new vm.Script(wrapped(kind), { filename: fileOf(kind), cachedData });
  const isOld = script.cachedDataRejected !== false;
  // Not when a service stops, and not with flags that the next command will not have.
  if (kind === 'command' && process.execArgv.length === 0)
    process.once('beforeExit', () => {
      if (isOld) leaveCode(kind);
      if (isOld || !fs.existsSync(codeFileOf('serve'))) leaveCodeOfService();
    });
  if (kind === 'serve') {
    const v8 = require('node:v8') as typeof import('node:v8');
    for (const flag of COLLECTION) v8.setFlagsFromString(flag);
  }
  script.runInThisContext()(require, fileOf(kind), folder, (name: string) => import(name));
}

if (process.argv[2] === COMPILE) leaveCode('serve');
else run(process.argv.includes('serve', 2) ? 'serve' : 'command');
