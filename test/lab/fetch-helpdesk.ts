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
import { HELPDESKS, type Instance } from './instance.js';
import { Stop, step } from './progress.js';

/**
 * Downloads the helpdesk's package from the mirror that this machine uses, in an apt state of its own: the machine's
 * sources stay as they are.
 * @returns path of the .deb
 */
export async function fetchHelpdesk(cache: string, release: Instance['release']): Promise<string> {
  const { suite, version } = HELPDESKS[release];
  const debs = path.join(cache, 'debs');
  const found = () =>
    existsSync(debs) ? readdirSync(debs).find((name) => name.startsWith(`otrs2_${version}`)) : undefined;
  if (!found()) await step(`Download Znuny ${version} (Debian package)`, () => download(debs, suite));
  const name = found();
  if (!name) throw new Stop(`The Debian suite ${suite} has no Znuny ${version} (package otrs2).`);
  return path.join(debs, name);
}

async function download(debs: string, suite: string): Promise<void> {
  const state = mkdtempSync(path.join(os.tmpdir(), 'oauth2-lab-apt-'));
  const lists = path.join(state, 'lists');
  const archives = path.join(state, 'cache/archives');
  mkdirSync(path.join(lists, 'partial'), { recursive: true });
  mkdirSync(path.join(archives, 'partial'), { recursive: true });
  const keys = '/usr/share/keyrings/debian-archive-keyring.gpg';
  const source = path.join(state, 'sources.list');
  writeFileSync(source, `deb [signed-by=${keys}] ${mirror()} ${suite} non-free\n`);
  const options = [
    `-oDir::State::Lists=${lists}`,
    `-oDir::Etc::sourcelist=${source}`,
    '-oDir::Etc::sourceparts=/dev/null',
    `-oDir::Cache=${path.join(state, 'cache')}`,
    '-oAPT::Sandbox::User=root',
  ];
  try {
    await exec('apt-get', ['-qq', ...options, 'update']);
    await exec('apt-get', ['-qq', ...options, 'download', 'otrs2'], { cwd: state });
    const deb = readdirSync(state).find((name) => name.endsWith('.deb'));
    if (!deb) throw new Stop(`The Debian suite ${suite} has no package otrs2.`);
    mkdirSync(debs, { recursive: true });
    await exec('cp', [path.join(state, deb), path.join(debs, `${deb}.part`)]);
    renameSync(path.join(debs, `${deb}.part`), path.join(debs, deb));
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
