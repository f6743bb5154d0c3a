import { execFileSync } from 'node:child_process';
import { chmodSync, copyFileSync, mkdirSync, mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import os from 'node:os';
import path from 'node:path';
import { fillProgramTree } from './program-tree.js';

/**
 * `make deb`: packs the archive of `npm pack`, which holds everything the program needs, as a Debian package.
 * Usage: build-deb.ts ARCHIVE.tgz FOLDER [VERSION]. Prints the path of the file it has written.
 */
const [archive = '', folder = '', given] = process.argv.slice(2);
const scripts = path.join(import.meta.dirname, 'debian');
const tree = mkdtempSync(path.join(os.tmpdir(), 'znuny-oauth2-deb-'));

const control = (version: string, kilobytes: number): string => `Package: znuny-oauth2
Version: ${version}
Architecture: all
Maintainer: znuny-oauth2-sidecar <root@localhost>
Installed-Size: ${kilobytes}
Depends: passwd
Recommends: nodejs (>= 20), openssl
Suggests: znuny, otrs2, default-mysql-server, postgresql, apache2
Section: mail
Priority: optional
Description: keeps the OAuth2 mailboxes of a Znuny or OTRS-family helpdesk working
 Renews the tokens of the helpdesk's mail accounts ahead of their end, replaces
 its OAuth2 screens, and says in time when a person is needed.
 .
 Needs Node.js 20 or newer, from Debian or from anywhere else.
`;

function kilobytesBelow(where: string): number {
  const [size = '0'] = execFileSync('du', ['-sk', where]).toString().split('\t');
  return Number(size);
}

try {
  const own = fillProgramTree(tree, archive, 'usr/share/doc/znuny-oauth2/copyright');
  const version = given ?? own;
  const at = (...parts: string[]): string => path.join(tree, 'DEBIAN', ...parts);
  mkdirSync(at());
  for (const name of ['postinst', 'prerm', 'postrm']) copyFileSync(path.join(scripts, name), at(name));
  writeFileSync(at('control'), control(version, kilobytesBelow(tree)));
  chmodSync(at(), 0o755);
  mkdirSync(folder, { recursive: true });
  const deb = path.join(folder, `znuny-oauth2_${version}_all.deb`);
  execFileSync('dpkg-deb', ['--root-owner-group', '-Zgzip', '--build', tree, deb], {
    stdio: ['ignore', 'ignore', 'inherit'],
  });
  process.stdout.write(`${deb}\n`);
} finally {
  rmSync(tree, { recursive: true, force: true });
}
