import { constants } from 'node:fs';
import { open, readdir, unlink } from 'node:fs/promises';

/** Another process was faster, or replaced a folder by a file or a file by a folder. */
const CHANGED_MEANWHILE = ['ENOENT', 'EISDIR', 'EPERM', 'ENOTDIR', 'ELOOP'];

const unless = (codes: string[]) => (error: NodeJS.ErrnoException) => {
  if (!codes.includes(error.code ?? '')) throw error;
  return null;
};

/** The helpdesk's cache has two levels below a type. */
const DEEPEST = 8;

/**
 * Removes all files below a folder that others can write to. Keeps the folders: the helpdesk's Perl dies when
 * a folder vanishes in which it is about to create another. Each folder is opened without following links,
 * and its entries are addressed through the open folder (`/proc/self/fd`, as openat(2) would). So no file
 * outside is removed, even if an entry is replaced by a link meanwhile. A link itself is removed like a file.
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
