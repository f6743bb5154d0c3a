import {
  existsSync,
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
import { exec } from './exec.js';
import { Stop } from './progress.js';

export interface Wanted {
  /** Debian's suite, such as `trixie`. */
  suite: string;
  component: 'main' | 'non-free';
  name: string;
  /** More packages, of the same component. */
  libraries?: string[];
  /** All its dependencies as well, as if nothing was installed on this machine. */
  withDependencies?: boolean;
}

/**
 * Downloads packages from the mirror that this machine uses, in an apt state of its own: nothing is installed, and the
 * machine's sources stay as they are.
 * @param folder receives the .deb files, each whole or not at all
 * @throws Error where the suite has no such package, or the mirror does not answer
 */
export async function downloadPackages(
  folder: string,
  { suite, component, name, libraries = [], withDependencies = false }: Wanted,
): Promise<void> {
  const state = mkdtempSync(path.join(os.tmpdir(), 'oauth2-lab-apt-'));
  const archives = path.join(state, 'cache/archives');
  for (const part of [path.join(state, 'lists/partial'), path.join(archives, 'partial')])
    mkdirSync(part, { recursive: true });
  const source = path.join(state, 'sources.list');
  const status = path.join(state, 'status');
  const keys = '/usr/share/keyrings/debian-archive-keyring.gpg';
  writeFileSync(source, `deb [signed-by=${keys}] ${mirror()} ${suite} ${component}\n`);
  writeFileSync(status, '');
  const options = [
    `-oDir::State::Lists=${path.join(state, 'lists')}`,
    `-oDir::State::status=${status}`,
    `-oDir::State::extended_states=${path.join(state, 'extended')}`,
    `-oDir::Etc::sourcelist=${source}`,
    '-oDir::Etc::sourceparts=/dev/null',
    `-oDir::Cache=${path.join(state, 'cache')}`,
    '-oAPT::Sandbox::User=root',
    '-oAcquire::Retries=3',
    '-oDebug::NoLocking=1',
  ];
  try {
    await exec('apt-get', ['-qq', ...options, 'update']);
    if (withDependencies)
      await exec('apt-get', [
        '-qq',
        '-y',
        ...options,
        '--no-install-recommends',
        '--download-only',
        'install',
        name,
      ]);
    else await exec('apt-get', ['-qq', ...options, 'download', name, ...libraries], { cwd: archives });
    mkdirSync(folder, { recursive: true });
    for (const deb of readdirSync(archives).filter((file) => file.endsWith('.deb'))) {
      await exec('cp', [path.join(archives, deb), path.join(folder, `${deb}.part`)]);
      renameSync(path.join(folder, `${deb}.part`), path.join(folder, deb));
    }
  } finally {
    rmSync(state, { recursive: true, force: true });
  }
}

/** The first Debian mirror of the machine's own apt sources, in either format (sources.list(5)). */
function mirror(): string {
  const read = (file: string): string => (existsSync(file) ? readFileSync(file, 'utf8') : '');
  const folder = '/etc/apt/sources.list.d';
  const files = existsSync(folder) ? readdirSync(folder).sort() : [];
  // Debian's own file first: others hold the sources of other vendors.
  files.sort((a, b) => Number(b.startsWith('debian')) - Number(a.startsWith('debian')));
  for (const name of files.filter((file) => file.endsWith('.sources'))) {
    const uri = /^URIs:\s*(\S+)/m.exec(read(path.join(folder, name)))?.[1];
    if (uri && name.startsWith('debian')) return uri;
  }
  const lists = [
    '/etc/apt/sources.list',
    ...files.filter((f) => f.endsWith('.list')).map((f) => path.join(folder, f)),
  ];
  for (const file of lists) {
    const uri = /^deb\s+(?:\[[^\]]*\]\s+)?(\S+)\s+\S+.*\bmain\b/m.exec(read(file))?.[1];
    if (uri) return uri;
  }
  throw new Stop("There is no Debian mirror in this machine's apt sources (/etc/apt/sources.list).");
}

/** Downloads and unpacks packages once, or in each of the processes that need them at the same time. */
async function unpackOnce(unpacked: string, download: (debs: string) => Promise<void>): Promise<string> {
  if (existsSync(unpacked)) return unpacked;
  const raw = `${unpacked}.${process.pid}.part`;
  const debs = `${raw}-debs`;
  for (const old of [debs, raw]) rmSync(old, { recursive: true, force: true });
  await download(debs);
  mkdirSync(raw, { recursive: true });
  for (const deb of readdirSync(debs)) await exec('dpkg-deb', ['-x', path.join(debs, deb), raw]);
  rmSync(debs, { recursive: true });
  // Another process may have been faster.
  if (existsSync(unpacked)) rmSync(raw, { recursive: true });
  else renameSync(raw, unpacked);
  return unpacked;
}

/**
 * A package of any suite with everything that it needs, down to its own C library, unpacked and not installed;
 * downloaded once. It runs on any Debian (`programOf`).
 * @returns its folder, as the root of a file system
 */
export const unpackedWhole = (
  cache: string,
  folder: string,
  wanted: Pick<Wanted, 'suite' | 'name'>,
): Promise<string> =>
  unpackOnce(path.join(cache, folder), (debs) =>
    downloadPackages(debs, { ...wanted, component: 'main', withDependencies: true }),
  );

/** @returns a program below such a folder, as words of a command */
export function programOf(root: string, program: string): string[] {
  const machine = process.arch === 'arm64' ? 'aarch64' : 'x86_64';
  const libraries = path.join(root, 'usr/lib', `${machine}-linux-gnu`);
  const [loader = ''] = readdirSync(libraries).filter((name) => /^ld-linux.*\.so\.\d$/.test(name));
  return [path.join(libraries, loader), '--library-path', libraries, path.join(root, program)];
}

/**
 * A program of Debian 12, unpacked and not installed; downloaded once.
 * @param cache the folder of downloads
 * @param libraries packages that this machine may not have
 * @returns its folder, as the root of a file system
 */
export const unpackedProgram = (cache: string, name: string, libraries: string[] = []): Promise<string> =>
  unpackOnce(path.join(cache, name), (debs) =>
    downloadPackages(debs, { suite: 'bookworm', component: 'main', name, libraries }),
  );
