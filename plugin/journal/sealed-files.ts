import { randomBytes, randomUUID } from 'node:crypto';
import {
  closeSync,
  existsSync,
  fchownSync,
  fsyncSync,
  linkSync,
  mkdirSync,
  openSync,
  readFileSync,
  rmSync,
  statSync,
  writeSync,
} from 'node:fs';
import { type FileHandle, open, readdir, readFile, rename, stat, unlink } from 'node:fs/promises';
import path from 'node:path';
import { seal, unseal } from '../lib/seal.js';

const KEY = 'journal.key';

/** The key of the installation, made at first use; whoever is second takes the first one's. */
function keyOf(folder: string): Buffer {
  mkdirSync(folder, { recursive: true, mode: 0o700 });
  const file = path.join(folder, KEY);
  if (!existsSync(file)) {
    const own = path.join(folder, `${KEY}.${randomUUID()}`);
    const content = openSync(own, 'wx', 0o600);
    writeSync(content, randomBytes(32));
    if (process.getuid?.() === 0) {
      const { uid, gid } = statSync(folder);
      fchownSync(content, uid, gid);
    }
    fsyncSync(content);
    closeSync(content);
    try {
      // Whole or not at all, also for two processes at once (link(2)).
      linkSync(own, file);
    } catch (error) {
      if ((error as NodeJS.ErrnoException).code !== 'EEXIST') throw error;
    } finally {
      rmSync(own);
    }
  }
  return readFileSync(file);
}

/** What a command of root leaves behind is for the service, which runs as the folder's owner. */
async function giveToOwner(folder: string, file: FileHandle): Promise<void> {
  if (process.getuid?.() !== 0) return;
  const { uid, gid } = await stat(folder);
  await file.chown(uid, gid);
}

async function syncDirectory(folder: string): Promise<void> {
  const directory = await open(folder, 'r');
  try {
    await directory.sync();
  } finally {
    await directory.close();
  }
}

/**
 * Encrypted files of one folder, each bound to its name.
 * @param folder of this installation only; made with mode 0700
 */
export function createSealedFiles(folder: string) {
  const key = keyOf(folder);
  return {
    names: (): Promise<string[]> => readdir(folder),
    /** Resolves with file and folder on the disk: a power cut takes neither (fsync(2)). Mode 0600. */
    async write(name: string, text: string): Promise<void> {
      const file = await open(path.join(folder, name), 'wx', 0o600);
      try {
        await giveToOwner(folder, file);
        await file.writeFile(seal(key, text, name));
        await file.sync();
      } finally {
        await file.close();
      }
      await syncDirectory(folder);
    },
    /** @returns null: there is none; undefined: cut short by the end of its process, or of another key */
    async read(name: string): Promise<string | null | undefined> {
      const content = await readFile(path.join(folder, name)).catch(() => null);
      return content && (unseal(key, content, name) ?? undefined);
    },
    rename: (name: string, to: string): Promise<void> =>
      rename(path.join(folder, name), path.join(folder, to)),
    async remove(name: string): Promise<void> {
      await unlink(path.join(folder, name)).catch((error: NodeJS.ErrnoException) => {
        if (error.code !== 'ENOENT') throw error;
      });
    },
  };
}

export type SealedFiles = ReturnType<typeof createSealedFiles>;
