import { execFileSync } from 'node:child_process';
import { existsSync, readdirSync, readFileSync } from 'node:fs';
import path from 'node:path';

const KEYS = '/usr/share/keyrings/debian-archive-keyring.gpg';

/** A suite of an archive, as this machine uses it. */
interface Source {
  uri: string;
  /** `bookworm`, `bookworm-updates`, `bookworm-security`. */
  suite: string;
}

/** The entries of a file in either format of sources.list(5). */
function sourcesIn(file: string): Source[] {
  const text = readFileSync(file, 'utf8').replace(/^#.*\n?/gm, '');
  if (!file.endsWith('.sources'))
    return [...text.matchAll(/^deb\s+(?:\[[^\]]*\]\s+)?(\S+)\s+(\S+)\s+.*\bmain\b/gm)].map(
      ([, uri = '', suite = '']) => ({ uri, suite }),
    );
  return text.split(/\n\s*\n/).flatMap((entry) => {
    const words = (name: string): string[] =>
      (new RegExp(`^${name}:\\s*(.*)$`, 'm').exec(entry)?.[1] ?? '').split(/\s+/).filter(Boolean);
    if (!words('Types').includes('deb')) return [];
    return words('URIs').flatMap((uri) => words('Suites').map((suite) => ({ uri, suite })));
  });
}

/**
 * Lines of sources.list(5) for another release of Debian, at the mirrors that this machine uses for its own release, with
 * updates and security fixes if it has those. So no file names a mirror, and a machine behind its own mirror needs nothing.
 * @param release such as `trixie`
 * @param folder of apt's configuration
 * @throws Error if the machine's sources name no Debian
 */
export function debianSources(release: string, folder = '/etc/apt', osRelease = '/etc/os-release'): string[] {
  const [, own = ''] = /^VERSION_CODENAME=(\w+)$/m.exec(readFileSync(osRelease, 'utf8')) ?? [];
  const parts = path.join(folder, 'sources.list.d');
  const files = [
    path.join(folder, 'sources.list'),
    ...(existsSync(parts) ? readdirSync(parts).sort() : [])
      .filter((name) => /\.(list|sources)$/.test(name))
      .map((name) => path.join(parts, name)),
  ].filter((file) => existsSync(file));
  const lines = files.flatMap(sourcesIn).flatMap(({ uri, suite }) => {
    const [, of, kind = ''] = /^(\w+)(-updates|-security)?$/.exec(suite) ?? [];
    return own !== '' && of === own ? [`deb [signed-by=${KEYS}] ${uri} ${release}${kind} main`] : [];
  });
  if (lines.length === 0)
    throw new Error(`The apt sources of this machine (${folder}) name no mirror of Debian ${own}.`);
  return [...new Set(lines)];
}

/** The machine's own settings for downloads, such as a proxy, as lines of apt.conf(5). */
export const downloadSettings = (): string[] =>
  execFileSync('apt-config', ['dump', 'Acquire'], { encoding: 'utf8' })
    .split('\n')
    .filter((line) => /^Acquire::(Check-|http|https|Retries|ForceIPv)/i.test(line) && !line.endsWith(' "";'));
