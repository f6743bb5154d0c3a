import { execFileSync } from 'node:child_process';
import {
  chmodSync,
  chownSync,
  mkdirSync,
  mkdtempSync,
  readdirSync,
  readFileSync,
  rmSync,
  symlinkSync,
  writeFileSync,
} from 'node:fs';
import { tmpdir } from 'node:os';
import path from 'node:path';
import { MEMORY_SETTINGS } from '../install/memory-settings.js';
import { debianSources, downloadSettings } from './apt-sources.js';

/** The release of Debian whose Node.js is new enough. */
const RELEASE = 'trixie';

/** User and group of the sidecar in the image; only numbers, because Kubernetes accepts no names as "not root". */
export const IMAGE_USER = 10_001;

/**
 * What the program needs: Node.js, the certificate authorities, `openssl` for the commands about certificates, and `env`
 * (coreutils), which the program's first line calls. Everything else in these packages is removed.
 */
const PACKAGES = ['base-files', 'nodejs', 'ca-certificates', 'openssl', 'coreutils'];
const PROGRAMS = ['node', 'openssl', 'env', 'znuny-oauth2'];

/** The variables of every process of the image. */
export const IMAGE_ENVIRONMENT: Readonly<Record<string, string>> = {
  PATH: '/usr/bin',
  HOME: '/var/lib/znuny-oauth2',
  LANG: 'C.UTF-8',
  NODE_ENV: 'production',
  // As in the unit of systemd; a variable instead of arguments, so that the code cache fits commands, too.
  NODE_OPTIONS: '--max-semi-space-size=2',
  ...MEMORY_SETTINGS,
  SSL_CERT_FILE: '/etc/ssl/certs/ca-certificates.crt',
  // A folder of our own below the volume, which a runtime may open for a group.
  SIDECAR_STATE: '/var/lib/znuny-oauth2/state',
  SIDECAR_PORT: '18270',
};

const run = (command: string, words: string[], env?: Record<string, string>): string =>
  execFileSync(command, words, {
    encoding: 'utf8',
    stdio: ['ignore', 'pipe', 'pipe'],
    maxBuffer: 64 * 1024 * 1024,
    env: { ...(env ?? process.env) },
  });

/** Removes everything in a folder except for these names. */
function keepOnly(folder: string, names: readonly string[]): void {
  for (const name of readdirSync(folder))
    if (!names.includes(name)) rmSync(path.join(folder, name), { recursive: true });
}

/** Removes what no process of the image reads. The licences stay. */
function trim(root: string): void {
  const at = (...parts: string[]) => path.join(root, ...parts);
  for (const name of readdirSync(at('usr/share/doc'))) keepOnly(at('usr/share/doc', name), ['copyright']);
  keepOnly(at('usr/share'), ['doc', 'ca-certificates', 'nodejs', 'node_modules']);
  keepOnly(at('usr/bin'), PROGRAMS);
  keepOnly(at('usr'), ['bin', 'lib', 'lib64', 'share']);
  // Node.js has its own tables of characters (ICU).
  const libraries = readdirSync(at('usr/lib')).filter((name) => name.endsWith('-linux-gnu'));
  for (const name of libraries) rmSync(at('usr/lib', name, 'gconv'), { recursive: true, force: true });
  keepOnly(at('usr/lib'), [...libraries, 'os-release', 'ssl', 'znuny-oauth2']);
  keepOnly(root, ['usr', 'bin', 'lib', 'lib64', 'sbin', 'etc']);
  keepOnly(at('etc'), ['ssl', 'debian_version', 'os-release']);
}

/** The list of all certificate authorities, which `update-ca-certificates` would write. */
function writeAuthorities(root: string): void {
  const folder = path.join(root, 'usr/share/ca-certificates/mozilla');
  const texts = readdirSync(folder)
    .sort()
    .map((name) => `${readFileSync(path.join(folder, name), 'utf8').trim()}\n`);
  mkdirSync(path.join(root, 'etc/ssl/certs'), { recursive: true });
  writeFileSync(path.join(root, 'etc/ssl/certs/ca-certificates.crt'), texts.join(''));
  rmSync(path.join(root, 'usr/share/ca-certificates'), { recursive: true });
}

/** The user, the folders that a container mounts, and where a process finds names. */
function addUser(root: string): void {
  const at = (...parts: string[]) => path.join(root, ...parts);
  writeFileSync(
    at('etc/passwd'),
    `root:x:0:0:root:/:/usr/sbin/nologin\nznuny-oauth2:x:${IMAGE_USER}:${IMAGE_USER}::/var/lib/znuny-oauth2:/usr/sbin/nologin\n`,
  );
  writeFileSync(at('etc/group'), `root:x:0:\nznuny-oauth2:x:${IMAGE_USER}:\n`);
  writeFileSync(at('etc/nsswitch.conf'), 'hosts: files dns\n');
  for (const folder of [
    'etc/znuny-oauth2',
    'opt',
    'proc',
    'dev',
    'sys',
    'run',
    'tmp',
    'var/lib/znuny-oauth2',
  ])
    mkdirSync(at(folder), { recursive: true });
  chmodSync(at('tmp'), 0o1777);
  chmodSync(at('var/lib/znuny-oauth2'), 0o700);
  chownSync(at('var/lib/znuny-oauth2'), IMAGE_USER, IMAGE_USER);
}

/**
 * Builds the image's file system, as root: Debian's Node.js, our Debian package, and what they need. There is no shell, no
 * package manager and no Perl in it.
 * @param deb of build-deb.ts
 * @param root a folder that does not exist yet
 * @throws Error with the output of the program that failed
 */
export function buildImageRoot(deb: string, root: string): void {
  // As a file: a proxy's password would be in the list of processes.
  const settings = mkdtempSync(path.join(tmpdir(), 'image-apt-'));
  try {
    writeFileSync(path.join(settings, 'apt.conf'), `${downloadSettings().join('\n')}\n`, { mode: 0o600 });
    run('mmdebstrap', [
      '--mode=root',
      '--variant=extract',
      `--include=${PACKAGES.join(',')}`,
      `--aptopt=${path.join(settings, 'apt.conf')}`,
      '--format=directory',
      RELEASE,
      root,
      ...debianSources(RELEASE),
    ]);
  } finally {
    rmSync(settings, { recursive: true });
  }
  run('dpkg-deb', ['--extract', deb, root]);
  rmSync(path.join(root, 'usr/bin/znuny-oauth2'));
  symlinkSync('../lib/znuny-oauth2/dist/plugin/cli.cjs', path.join(root, 'usr/bin/znuny-oauth2'));
  writeAuthorities(root);
  trim(root);
  addUser(root);
  // Compiles the program for this Node.js, as the package's own script does; the service's part without /proc as well.
  for (const words of [['--version'], ['--compile-serve']])
    run('/usr/sbin/chroot', [root, 'znuny-oauth2', ...words], { ...IMAGE_ENVIRONMENT });
}
