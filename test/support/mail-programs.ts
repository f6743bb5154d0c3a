import { readdirSync } from 'node:fs';
import { tmpdir } from 'node:os';
import path from 'node:path';
import { unpackedProgram } from '../lab/debian-packages.js';
import { exec } from '../lab/exec.js';
import { lab } from './instance.js';

/** Programs of Debian that fetch or send mail, with the libraries that a small machine lacks. */
const PROGRAMS: Record<string, string[]> = {
  fetchmail: [],
  msmtp: ['libgsasl18', 'libgssglue1', 'libidn12', 'libntlm0', 'libsecret-1-0'],
  mutt: [
    'libgpgme11',
    'libassuan0',
    'libtokyocabinet9',
    'libidn12',
    'libncursesw6',
    'libgsasl18',
    'libgssglue1',
    'libntlm0',
  ],
};

/** Runs a program that is unpacked, not installed. @returns standard output */
export async function mailProgram(
  name: keyof typeof PROGRAMS,
  args: string[],
  input?: string,
): Promise<string> {
  const root = await unpackedProgram(lab.cache, name, PROGRAMS[name]);
  const libraries = ['usr/lib', 'lib'].flatMap((folder) => {
    const at = path.join(root, folder);
    try {
      return readdirSync(at)
        .filter((entry) => entry.endsWith('-linux-gnu'))
        .map((entry) => path.join(at, entry));
    } catch {
      return [];
    }
  });
  const env = { LD_LIBRARY_PATH: libraries.join(':'), HOME: tmpdir() };
  return exec(path.join(root, 'usr/bin', name), args, { env, ...(input === undefined ? {} : { input }) });
}
