import { execFileSync } from 'node:child_process';
import {
  copyFileSync,
  mkdirSync,
  mkdtempSync,
  readdirSync,
  readFileSync,
  rmSync,
  writeFileSync,
} from 'node:fs';
import os from 'node:os';
import path from 'node:path';
import { fillProgramTree } from './program-tree.js';
import { requireProgram } from './require-program.js';

/**
 * `make rpm`: packs the archive of `npm pack`, which holds everything the program needs, as an RPM for Red Hat
 * Enterprise Linux 8 and 9 and their relatives, with rpmbuild. Usage: build-rpm.ts ARCHIVE.tgz FOLDER [VERSION].
 * Prints the path of the file it has written.
 */
const [archive = '', folder = '', given] = process.argv.slice(2);
requireProgram('rpmbuild', 'apt-get install rpm on Debian, dnf install rpm-build on RHEL');
const scripts = path.join(import.meta.dirname, 'rpm');
const top = mkdtempSync(path.join(os.tmpdir(), 'znuny-oauth2-rpm-'));

/** Scripts of a package, in the order in which rpm runs them in an upgrade. */
const SCRIPTS = ['pre', 'post', 'preun', 'postun', 'posttrans'];

/**
 * Returns the spec of the package. Node.js is only recommended, because it may also be installed from nodejs.org.
 * Red Hat's package of it has the epoch 1. RHEL 8 reads payloads compressed by gzip in any case.
 */
const spec = (version: string, tree: string): string => `%global __os_install_post %{nil}
%global debug_package %{nil}
%global _build_id_links none
%global _buildhost localhost
%define _binary_payload w6.gzdio
%define _rpmfilename %%{NAME}-%%{VERSION}-%%{RELEASE}.%%{ARCH}.rpm

Name: znuny-oauth2
Version: ${version}
Release: 1
Summary: Keeps the OAuth2 mailboxes of a Znuny or OTRS-family helpdesk working
License: MIT
BuildArch: noarch
AutoReqProv: no
Requires(pre): shadow-utils, glibc-common
Requires: systemd
Recommends: nodejs >= 1:20, openssl, policycoreutils-python-utils

%description
Renews the tokens of the helpdesk's mail accounts ahead of their end, replaces
its OAuth2 screens, and says in time when a person is needed.

Needs Node.js 20 or newer, from the distribution or from anywhere else.

%install
cp -a ${tree}/. %{buildroot}

${SCRIPTS.map((name) => `%${name}\n${readFileSync(path.join(scripts, name), 'utf8')}`).join('\n')}
%files
%defattr(-,root,root,-)
/usr/bin/znuny-oauth2
/usr/lib/znuny-oauth2
/usr/lib/systemd/system/znuny-oauth2.service
/usr/lib/systemd/system/znuny-oauth2.socket
/usr/lib/systemd/system/znuny-oauth2@.service
/usr/lib/systemd/system/znuny-oauth2@.socket
%doc /usr/share/doc/znuny-oauth2
%license /usr/share/licenses/znuny-oauth2
%doc /usr/share/man/man8/znuny-oauth2.8.gz
%dir %attr(0750,root,znuny-oauth2) /etc/znuny-oauth2
%dir %attr(0700,znuny-oauth2,znuny-oauth2) /var/lib/znuny-oauth2
`;

try {
  const tree = path.join(top, 'tree');
  mkdirSync(path.join(tree, 'var/lib/znuny-oauth2'), { recursive: true });
  const own = fillProgramTree(tree, archive, 'usr/share/licenses/znuny-oauth2/LICENSE');
  // A version of an RPM has no hyphen; a tilde sorts before a release.
  const version = (given ?? own).replace('-', '~');
  const file = path.join(top, 'znuny-oauth2.spec');
  writeFileSync(file, spec(version, tree));
  const defined = ['--define', `_topdir ${top}`, '--define', `_rpmdir ${path.join(top, 'built')}`];
  execFileSync('rpmbuild', ['-bb', '--quiet', '--target', 'noarch', ...defined, file], {
    stdio: ['ignore', 'ignore', 'inherit'],
  });
  mkdirSync(folder, { recursive: true });
  for (const name of readdirSync(path.join(top, 'built'))) {
    copyFileSync(path.join(top, 'built', name), path.join(folder, name));
    process.stdout.write(`${path.join(folder, name)}\n`);
  }
} finally {
  rmSync(top, { recursive: true, force: true });
}
