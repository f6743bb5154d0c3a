import { execFileSync } from 'node:child_process';
import {
  chmodSync,
  copyFileSync,
  cpSync,
  mkdirSync,
  readdirSync,
  readFileSync,
  renameSync,
  rmSync,
  writeFileSync,
} from 'node:fs';
import path from 'node:path';
import { gzipSync } from 'node:zlib';
import { socketUnit, systemdUnit } from '../install/systemd-unit.js';

/** Sets the modes: folders and programs 0755, other files 0644. */
function settle(where: string): void {
  for (const entry of readdirSync(where, { recursive: true, withFileTypes: true })) {
    const file = path.join(entry.parentPath, entry.name);
    if (entry.isDirectory()) chmodSync(file, 0o755);
    else if (entry.isFile())
      chmodSync(file, /^#!/.test(readFileSync(file, 'latin1').slice(0, 2)) ? 0o755 : 0o644);
  }
  chmodSync(where, 0o755);
}

/**
 * Fills a folder with the files that every package of a distribution installs: the program from the archive of
 * `npm pack`, the command, units, manual page, documents, and the empty folder of the configuration.
 * @param license where the distribution keeps the licence, below the root
 * @returns the version of the program
 */
export function fillProgramTree(tree: string, archive: string, license: string): string {
  const at = (...parts: string[]): string => {
    const file = path.join(tree, ...parts);
    mkdirSync(path.dirname(file), { recursive: true });
    return file;
  };
  const program = at('usr/lib/znuny-oauth2');
  mkdirSync(program);
  execFileSync('tar', ['-xzf', archive, '-C', program, '--strip-components=1', '--no-same-owner']);
  const { version } = JSON.parse(readFileSync(path.join(program, 'package.json'), 'utf8')) as {
    version: string;
  };
  copyFileSync(path.join(import.meta.dirname, 'debian/znuny-oauth2'), at('usr/bin/znuny-oauth2'));
  for (const isTemplate of [false, true]) {
    const unit = at('usr/lib/systemd/system', isTemplate ? 'znuny-oauth2@' : 'znuny-oauth2');
    writeFileSync(`${unit}.service`, systemdUnit({ program: '/usr/bin/znuny-oauth2', isTemplate }));
    writeFileSync(`${unit}.socket`, socketUnit({ isTemplate }));
  }
  mkdirSync(at('etc/znuny-oauth2'), { recursive: true });
  const documents = at('usr/share/doc/znuny-oauth2');
  renameSync(path.join(program, 'docs'), documents);
  copyFileSync(path.join(program, 'LICENSE'), at(license));
  cpSync(path.join(program, 'CHANGELOG.md'), path.join(documents, 'CHANGELOG.md'));
  const page = path.join(program, 'dist/znuny-oauth2.8');
  // Without a time, so that the same sources give the same file.
  writeFileSync(at('usr/share/man/man8/znuny-oauth2.8.gz'), gzipSync(readFileSync(page), { level: 9 }));
  rmSync(page);
  settle(tree);
  return version;
}
