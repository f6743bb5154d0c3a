import { execFileSync } from 'node:child_process';
import {
  chmodSync,
  copyFileSync,
  cpSync,
  mkdirSync,
  mkdtempSync,
  readdirSync,
  readFileSync,
  renameSync,
  rmSync,
  writeFileSync,
} from 'node:fs';
import os from 'node:os';
import path from 'node:path';
import { gzipSync } from 'node:zlib';
import { socketUnit, systemdUnit } from '../install/systemd-unit.js';

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

try {
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
  copyFileSync(path.join(scripts, 'znuny-oauth2'), at('usr/bin/znuny-oauth2'));
  for (const isTemplate of [false, true]) {
    const unit = at('usr/lib/systemd/system', isTemplate ? 'znuny-oauth2@' : 'znuny-oauth2');
    writeFileSync(`${unit}.service`, systemdUnit({ program: '/usr/bin/znuny-oauth2', isTemplate }));
    writeFileSync(`${unit}.socket`, socketUnit({ isTemplate }));
  }
  mkdirSync(at('etc/znuny-oauth2'), { recursive: true });
  const documents = at('usr/share/doc/znuny-oauth2');
  renameSync(path.join(program, 'docs'), documents);
  copyFileSync(path.join(program, 'LICENSE'), path.join(documents, 'copyright'));
  cpSync(path.join(program, 'CHANGELOG.md'), path.join(documents, 'CHANGELOG.md'));
  const page = path.join(program, 'dist/znuny-oauth2.8');
  // Without a time, so that the same sources give the same file.
  writeFileSync(at('usr/share/man/man8/znuny-oauth2.8.gz'), gzipSync(readFileSync(page), { level: 9 }));
  rmSync(page);
  settle(tree);
  mkdirSync(at('DEBIAN'));
  for (const name of ['postinst', 'prerm', 'postrm'])
    copyFileSync(path.join(scripts, name), at('DEBIAN', name));
  writeFileSync(at('DEBIAN/control'), control(given ?? version, kilobytesBelow(tree)));
  chmodSync(at('DEBIAN'), 0o755);
  mkdirSync(folder, { recursive: true });
  const deb = path.join(folder, `znuny-oauth2_${given ?? version}_all.deb`);
  execFileSync('dpkg-deb', ['--root-owner-group', '-Zgzip', '--build', tree, deb], {
    stdio: ['ignore', 'ignore', 'inherit'],
  });
  process.stdout.write(`${deb}\n`);
} finally {
  rmSync(tree, { recursive: true, force: true });
}
