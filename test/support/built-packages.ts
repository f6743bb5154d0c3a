import { mkdtempSync, readFileSync, rmSync } from 'node:fs';
import os from 'node:os';
import path from 'node:path';
import { exec } from '../lab/exec.js';
import { ROOT } from '../lab/instance.js';

/** The npm archive and the Debian packages of this checkout, built once for all tests that install them. */
export interface BuiltPackages {
  version: string;
  /** `npm pack`. */
  archive: string;
  /** `make deb`, of any version. @returns the file */
  deb(version: string): Promise<string>;
}

let built: Promise<BuiltPackages> | undefined;

export function builtPackages(): Promise<BuiltPackages> {
  built ??= build();
  return built;
}

async function build(): Promise<BuiltPackages> {
  const folder = mkdtempSync(path.join(os.tmpdir(), 'sidecar-built-'));
  process.once('exit', () => rmSync(folder, { recursive: true, force: true }));
  await exec('npm', ['pack', '--silent', '--pack-destination', folder], { cwd: ROOT });
  const { version } = JSON.parse(readFileSync(path.join(ROOT, 'package.json'), 'utf8')) as {
    version: string;
  };
  const archive = path.join(folder, `znuny-oauth2-sidecar-${version}.tgz`);
  const words = ['--import', 'tsx', 'plugin/packaging/build-deb.ts', archive, folder];
  return {
    version,
    archive,
    deb: async (number) => (await exec(process.execPath, [...words, number], { cwd: ROOT })).trim(),
  };
}
