import { mkdirSync, rmSync, symlinkSync } from 'node:fs';
import path from 'node:path';
import { exec } from './exec.js';
import { ROOT } from './instance.js';

/** What the program is built of, and reads while it runs. */
const PARTS = [
  'package.json',
  'CHANGELOG.md',
  'LICENSE',
  'docs',
  'tsconfig.json',
  'plugin',
  'db',
  'sysconfig',
  'templates',
];

/** `make test` sets it for its tests: the program that it has built. */
const BUILT = 'LAB_PROGRAM';
/** `make test` sets it, too: a folder for the packages, which the tests that install them build (built-packages.ts). */
export const PACKAGES = 'LAB_PACKAGES';

/**
 * Builds the program as users install it, once for a whole run of tests: it starts in a third of the time that the
 * sources need. A copy of the checkout, because package tests empty dist/.
 * @returns the environment of the tests that shall use it
 */
export async function buildProgram(): Promise<Record<string, string>> {
  const folder = path.join(ROOT, '.lab/program');
  rmSync(folder, { recursive: true, force: true });
  mkdirSync(folder, { recursive: true });
  await exec('cp', ['-al', ...PARTS, folder], { cwd: ROOT });
  symlinkSync(path.join(ROOT, 'node_modules'), path.join(folder, 'node_modules'));
  await exec(process.execPath, ['--import', 'tsx', 'plugin/packaging/bundle.ts'], { cwd: folder });
  const program = path.join(folder, 'dist/plugin/cli.cjs');
  // The first command leaves its compiled code for the others.
  await exec(process.execPath, [program, '--version']);
  const packages = path.join(ROOT, '.lab/packages');
  rmSync(packages, { recursive: true, force: true });
  mkdirSync(packages);
  return { [BUILT]: program, [PACKAGES]: packages };
}

/** Is it the built program that tests run, and not the sources, as single tests by hand do? */
const isBuilt = (): boolean => (process.env[BUILT] ?? '') !== '';

/** The words that come after `node` to run `znuny-oauth2`, from any folder. */
export const znunyOauth2Words = (...args: string[]): string[] => [
  ...(isBuilt() ? [process.env[BUILT] ?? ''] : ['--import', 'tsx', path.join(ROOT, 'plugin/cli.ts')]),
  ...args,
];
