import { spawnSync } from 'node:child_process';
import { existsSync, rmSync, writeFileSync } from 'node:fs';
import { exec } from './exec.js';
import { Stop, step } from './progress.js';

/** What the lab needs in addition to the helpdesk's own dependencies. */
const LAB_PACKAGES = [
  'libdbd-mysql-perl',
  'libapache2-mod-perl2',
  'mariadb-server',
  // Spares the database servers the waiting for the disk.
  'libeatmydata1',
  'dovecot-imapd',
  'dovecot-pop3d',
  'galera-4',
  // A node joins a Galera cluster by it.
  'rsync',
  'chromium',
  // Sets the clock of one process.
  'libfaketime',
  // Build, install and judge our RPM.
  'rpm',
  'rpmlint',
  // Runs the helpdesk behind nginx (PSGI).
  'starman',
  'libcgi-emulate-psgi-perl',
  'libplack-middleware-reverseproxy-perl',
  // Builds the file system of the container image, which is started with a network of its own.
  'mmdebstrap',
  'iproute2',
  // Builds the library that slows a disk down (test/chaos).
  'gcc',
  'libc6-dev',
];

/** Needed to install the helpdesk's package, which the lab never does: it only unpacks it. */
const INSTALLER_PACKAGES = ['dbconfig-common', 'ucf', 'debconf', 'adduser'];

/**
 * Installs what is missing (as root) or says what to install.
 * @param deb the helpdesk's package, whose `Depends` are read
 * @param more further packages
 * @throws Stop with the command to run, where we are not root
 */
export async function ensurePackages(deb: string, more: string[] = []): Promise<void> {
  const missing = missingPackages([...LAB_PACKAGES, ...more, ...(await dependencies(deb))]);
  if (missing.length === 0) return;
  if (process.getuid?.() !== 0)
    throw new Stop(
      `Packages are missing. Install them as root, then try again:\n\n  apt-get install --no-install-recommends ${missing.join(' ')}\n`,
    );
  await step(`Install ${missing.length} Debian packages`, () => install(missing));
}

/** One name for each dependency of the package: the alternative that is installed, or the first. */
async function dependencies(deb: string): Promise<string[]> {
  const depends = await exec('dpkg-deb', ['-f', deb, 'Depends']);
  return depends
    .split(',')
    .map((entry) => entry.split('|').map((alternative) => alternative.replace(/\(.*?\)|:any/g, '').trim()))
    .filter((names) => !names.some((name) => INSTALLER_PACKAGES.includes(name)))
    .map((names) => {
      const present = names.find((name) => isInstalled(name) || LAB_PACKAGES.includes(name));
      return present ?? names[0] ?? '';
    })
    .filter((name) => name !== '');
}

function missingPackages(names: string[]): string[] {
  return [...new Set(names)].filter((name) => !isInstalled(name));
}

let installed: Set<string> | undefined;

/** Installed under this name, or through a package that provides it. */
function isInstalled(name: string): boolean {
  if (!installed) {
    const listed = spawnSync('dpkg-query', ['-W', '-f', '${db:Status-Status}|${Package}, ${Provides}\\n']);
    if (listed.error) throw new Stop('The lab needs Debian: there is no dpkg-query on this machine.');
    const lines = listed.stdout.toString().split('\n');
    const names = lines.filter((line) => line.startsWith('installed|')).map((line) => line.slice(10));
    installed = new Set(
      names
        .join(',')
        .replace(/\([^)]*\)/g, '')
        .split(',')
        .map((entry) => entry.trim()),
    );
  }
  return installed.has(name);
}

async function install(names: string[]): Promise<void> {
  const release = keepServicesDown();
  const apt = (args: string[]) =>
    exec('apt-get', ['-y', '-qq', ...args], { env: { DEBIAN_FRONTEND: 'noninteractive' } });
  const packages = ['install', '--no-install-recommends', ...names];
  try {
    await apt(packages).catch(async () => {
      await apt(['update']);
      await apt(packages);
    });
  } finally {
    release();
  }
  installed = undefined;
}

/** Debian's packages start their services; the lab runs servers of its own, so none may start (policy-rc.d). */
function keepServicesDown(): () => void {
  const policy = '/usr/sbin/policy-rc.d';
  if (existsSync(policy)) return () => undefined;
  writeFileSync(policy, '#!/bin/sh\nexit 101\n', { mode: 0o755 });
  return () => rmSync(policy, { force: true });
}
