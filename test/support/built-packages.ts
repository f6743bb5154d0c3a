import { mkdirSync, mkdtempSync, readdirSync, readFileSync, rmSync } from 'node:fs';
import path from 'node:path';
import { exec } from '../lab/exec.js';
import { ROOT } from '../lab/instance.js';

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

let built: Promise<BuiltPackages> | undefined;

export function builtPackages(): Promise<BuiltPackages> {
  built ??= build();
  return built;
}

/**
 * Packs a copy of the checkout: `npm pack` empties and compiles dist/ first, and tests of several processes would
 * find the checkout's half done.
 */
async function build(): Promise<BuiltPackages> {
  const folder = mkdtempSync(path.join(ROOT, '.lab', 'built-'));
  process.once('exit', () => rmSync(folder, { recursive: true, force: true }));
  const copy = path.join(folder, 'checkout');
  mkdirSync(copy);
  const parts = readdirSync(ROOT).filter((name) => !['.git', '.lab', 'dist'].includes(name));
  await exec('cp', ['-al', ...parts, copy], { cwd: ROOT });
  await exec('npm', ['pack', '--silent', '--pack-destination', folder], { cwd: copy });
  const { version } = JSON.parse(readFileSync(path.join(ROOT, 'package.json'), 'utf8')) as {
    version: string;
  };
  const archive = path.join(folder, `znuny-oauth2-sidecar-${version}.tgz`);
  const packed = async (kind: 'deb' | 'rpm', number: string) => {
    const words = ['--import', 'tsx', `plugin/packaging/build-${kind}.ts`, archive, folder];
    return (await exec(process.execPath, [...words, number], { cwd: copy })).trim();
  };
  return {
    version,
    archive,
    deb: (number) => packed('deb', number),
    rpm: (number) => packed('rpm', number),
  };
}
