import { existsSync, mkdirSync, mkdtempSync, readdirSync, readFileSync, renameSync, rmSync } from 'node:fs';
import path from 'node:path';
import { exec } from '../lab/exec.js';
import { ROOT } from '../lab/instance.js';
import { pause } from '../lab/ports.js';
import { PACKAGES } from '../lab/program.js';

/** The npm archive, the Debian packages and the RPMs of this checkout, built once for all tests that install them. */
export interface BuiltPackages {
  version: string;
  /** `npm pack`. */
  archive: string;
  /** `make deb`, of any version. @returns the file */
  deb(version: string): Promise<string>;
  /** `make rpm`, of any version. @returns the file */
  rpm(version: string): Promise<string>;
}

/** The folder that all processes of `make test` share; otherwise one of this process. */
function packagesFolder(): string {
  const shared = process.env[PACKAGES];
  if (shared) return shared;
  const folder = mkdtempSync(path.join(ROOT, '.lab', 'built-'));
  process.once('exit', () => rmSync(folder, { recursive: true, force: true }));
  return folder;
}

/** Creates a folder. @returns false if it exists already */
function isCreated(folder: string): boolean {
  try {
    mkdirSync(folder);
    return true;
  } catch (error) {
    if ((error as NodeJS.ErrnoException).code === 'EEXIST') return false;
    throw error;
  }
}

/**
 * Builds something once, in whichever process comes first; the others wait for it.
 * @param result a folder that is there once the only file in it is complete
 * @returns that file
 */
async function once(result: string, make: (folder: string) => Promise<unknown>): Promise<string> {
  const part = `${result}.part`;
  while (!existsSync(result)) {
    if (!isCreated(part)) {
      await pause(200);
      continue;
    }
    try {
      if (!existsSync(result)) {
        await make(part);
        renameSync(part, result);
      }
    } finally {
      rmSync(part, { recursive: true, force: true });
    }
  }
  return path.join(result, readdirSync(result)[0] ?? '');
}

/** Packs a copy of the checkout: `npm pack` empties dist/ first, and other processes would find it half done. */
async function pack(folder: string): Promise<void> {
  const copy = mkdtempSync(path.join(ROOT, '.lab', 'packed-'));
  try {
    const parts = readdirSync(ROOT).filter((name) => !['.git', '.lab', 'dist'].includes(name));
    await exec('cp', ['-al', ...parts, copy], { cwd: ROOT });
    await exec('npm', ['pack', '--silent', '--pack-destination', folder], { cwd: copy });
  } finally {
    rmSync(copy, { recursive: true, force: true });
  }
}

let built: Promise<BuiltPackages> | undefined;

export function builtPackages(): Promise<BuiltPackages> {
  built ??= build();
  return built;
}

async function build(): Promise<BuiltPackages> {
  const folder = packagesFolder();
  const { version } = JSON.parse(readFileSync(path.join(ROOT, 'package.json'), 'utf8')) as {
    version: string;
  };
  const archive = await once(path.join(folder, 'archive'), pack);
  const packed = (kind: 'deb' | 'rpm', number: string) =>
    once(path.join(folder, `${kind}-${number}`), (into) =>
      exec(
        process.execPath,
        ['--import', 'tsx', `plugin/packaging/build-${kind}.ts`, archive, into, number],
        { cwd: ROOT },
      ),
    );
  return {
    version,
    archive,
    deb: (number) => packed('deb', number),
    rpm: (number) => packed('rpm', number),
  };
}
