import { spawnSync } from 'node:child_process';
import { pathToFileURL } from 'node:url';
import { ROOT } from '../instance.js';

/** `git log --oneline` and mail programs cut longer subjects. */
export const LONGEST_SUBJECT = 72;
/** Commits up to this one are older than the rule. */
const BASE = 'e862ed6f4b2fa748c9d43a7f013771cc05915b9a';

/** @returns the lines of `hash subject` whose subject is too long */
export const tooLong = (lines: readonly string[]): string[] =>
  lines.filter((line) => [...line.slice(line.indexOf(' ') + 1)].length > LONGEST_SUBJECT);

/**
 * Lines of `hash subject` of the commits since the rule was introduced.
 * @returns null where that is unknown: no repository, or a shallow clone that does not reach back to the base
 */
export function subjectsSince(base = BASE, folder = ROOT): string[] | null {
  const git = (...args: string[]) => spawnSync('git', ['-C', folder, ...args], { encoding: 'utf8' });
  if (git('merge-base', '--is-ancestor', base, 'HEAD').status !== 0) return null;
  const { status, stdout } = git('log', '--no-merges', '--format=%h %s', `${base}..HEAD`);
  return status === 0 ? stdout.split('\n').filter((line) => line !== '') : null;
}

if (import.meta.url === pathToFileURL(process.argv[1] ?? '').href) {
  const lines = subjectsSince();
  if (lines === null)
    process.stdout.write('Subjects of commits: not checked, the history does not reach back.\n');
  const faults = tooLong(lines ?? []);
  for (const line of faults)
    process.stderr.write(`A subject has at most ${LONGEST_SUBJECT} characters: ${line}\n`);
  if (faults.length > 0) process.exitCode = 1;
}
