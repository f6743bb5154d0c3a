#!/usr/bin/env node
import crypto = require('node:crypto');
import fs = require('node:fs');
import path = require('node:path');
import vm = require('node:vm');

/**
 * dist/plugin/cli.cjs, the command `znuny-oauth2`: runs the bundle (bundle.ts) with V8's code cache. Compiling
 * the bundle again would take as long as the rest of a command.
 *
 * The cache is a file next to the bundle. A user who may write to the program's folder creates it at the end of
 * a command. V8 accepts it only for the same version and flags; without it, everything works, but more slowly.
 */

/** The bundle's name contains its hash, because V8 compares only the length of the source. */
declare const BUNDLE: string;
const folder = path.join(__dirname, 'cli/bundle');
const file = path.join(folder, BUNDLE);
const codeFile = `${file}.${process.arch}.code`;

/** Wraps the bundle as Node wraps a module, and adds an `import()`, which a script does not have. The bundle is ASCII. */
const wrapped = (): string =>
  `(function (require, __filename, __dirname, importModule) {${fs.readFileSync(file, 'latin1')}\n})`;

/** A damaged cache would crash the process, because V8 itself checks only its beginning. */
const SUM = 20;
const sumOf = (code: Buffer): Buffer => crypto.createHash('sha1').update(code).digest();

function readCode(): Buffer | undefined {
  try {
    const content = fs.readFileSync(codeFile);
    const code = content.subarray(0, -SUM);
    return sumOf(code).equals(content.subarray(-SUM)) ? code : undefined;
  } catch {
    return undefined;
  }
}

/** Compiles every function, not only those that this command has called, and stores the code for the next command. */
function leaveCode(): void {
  const unfinished = `${codeFile}.${process.pid}`;
  try {
    fs.accessSync(folder, fs.constants.W_OK);
    const v8 = require('node:v8') as typeof import('node:v8');
    v8.setFlagsFromString('--no-lazy');
    // Without a file name; otherwise V8 would reuse the script that it has already compiled.
    const script = new vm.Script(wrapped());
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

const cachedData = readCode();
const script = new vm.Script(wrapped(), { filename: file, cachedData });
// Not when a service stops, and not with flags that the next command will not have.
if (script.cachedDataRejected !== false && process.execArgv.length === 0)
  process.once('beforeExit', leaveCode);
script.runInThisContext()(require, file, folder, (name: string) => import(name));
