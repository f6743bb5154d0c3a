#!/usr/bin/env node
import crypto = require('node:crypto');
import fs = require('node:fs');
import path = require('node:path');
import vm = require('node:vm');

/**
 * dist/plugin/cli.cjs, the command `znuny-oauth2`: runs the bundle (bundle.ts) with what V8 has made of it before. To
 * compile it once more would take as long as all the rest of a command.
 *
 * That code lies beside the bundle: whoever may write the program itself leaves it there at the end of a command. V8 takes
 * it for the same version and flags only; without it, all works in the same way and more slowly.
 */

/** The bundle's name holds a hash of it: V8 compares no more than the length of the source. */
declare const BUNDLE: string;
const folder = path.join(__dirname, 'cli/bundle');
const file = path.join(folder, BUNDLE);
const codeFile = `${file}.${process.arch}.code`;

/** As Node itself wraps a module, with a way to `import()`, which a script has none. The bundle is ASCII. */
const wrapped = (): string =>
  `(function (require, __filename, __dirname, importModule) {${fs.readFileSync(file, 'latin1')}\n})`;

/** A damaged file would end the process: V8 itself looks at the beginning only. */
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

/** Compiles every function, not only those that this command has called, and leaves the code for the next one. */
function leaveCode(): void {
  const unfinished = `${codeFile}.${process.pid}`;
  try {
    fs.accessSync(folder, fs.constants.W_OK);
    const v8 = require('node:v8') as typeof import('node:v8');
    v8.setFlagsFromString('--no-lazy');
    // Without its name, or V8 would take the one that it has compiled already.
    const script = new vm.Script(wrapped());
    v8.setFlagsFromString('--lazy');
    const code = script.createCachedData();
    fs.writeFileSync(unfinished, Buffer.concat([code, sumOf(code)]), { flag: 'wx' });
    fs.chmodSync(unfinished, 0o644);
    fs.renameSync(unfinished, codeFile);
  } catch {
    // Somebody else's installation, or a full disk.
    fs.rmSync(unfinished, { force: true });
  }
}

const cachedData = readCode();
const script = new vm.Script(wrapped(), { filename: file, cachedData });
// Not when a service is stopped, and not for flags that the next command will not have.
if (script.cachedDataRejected !== false && process.execArgv.length === 0)
  process.once('beforeExit', leaveCode);
script.runInThisContext()(require, file, folder, (name: string) => import(name));
