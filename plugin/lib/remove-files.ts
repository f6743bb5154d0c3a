import { constants } from 'node:fs';
import { open, readdir, unlink } from 'node:fs/promises';

/** Somebody else was faster, or what was a folder is none any more, or the other way round. */
const CHANGED_MEANWHILE = ['ENOENT', 'EISDIR', 'EPERM', 'ENOTDIR', 'ELOOP'];

const unless = (codes: string[]) => (error: NodeJS.ErrnoException) => {
  if (!codes.includes(error.code ?? '')) throw error;
  return null;
};

/** The helpdesk's cache has two levels below a type. */
const DEEPEST = 8;

/**
 * Removes all files below a folder that others may write, and no folder: the helpdesk's Perl dies when one vanishes in which
 * it is about to make another. Each folder is opened without following links, and what it holds is named by the open folder
 * (`/proc/self/fd`, as openat(2) would): whatever is exchanged for a link meanwhile, nothing outside is touched. A link
 * itself is removed like a file.
 */
export async function removeFiles(folder: string | Buffer, depth = 0): Promise<void> {
  const flags = constants.O_RDONLY | constants.O_DIRECTORY | constants.O_NOFOLLOW | constants.O_NONBLOCK;
  const opened = await open(folder, flags).catch(unless(['ENOENT', 'ENOTDIR', 'ELOOP']));
  if (!opened) return;
  try {
    const here = `/proc/self/fd/${opened.fd}`;
    const entries = await readdir(here, { withFileTypes: true, encoding: 'buffer' });
    const named = (isFolder: boolean) =>
      entries
        .filter((entry) => entry.isDirectory() === isFolder)
        .map(({ name }) => Buffer.concat([Buffer.from(`${here}/`), name]));
    await Promise.all(named(false).map((name) => unlink(name).catch(unless(CHANGED_MEANWHILE))));
    if (depth < DEEPEST) for (const name of named(true)) await removeFiles(name, depth + 1);
  } finally {
    await opened.close();
  }
}
