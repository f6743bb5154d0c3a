import { closeSync, fsync, openSync, writeFileSync } from 'node:fs';
import { readdir, readFile, rename, unlink } from 'node:fs/promises';
import path from 'node:path';
import { promisify } from 'node:util';
import { seal, unseal } from '../lib/seal.js';
import { giveToOwner, keyOf } from './journal-key.js';

const flushed = promisify(fsync);

/** Waits until all of them are on the disk, or have failed: nobody may close one before. */
async function syncAll(...opened: number[]): Promise<void> {
  const results = await Promise.allSettled(opened.map((descriptor) => flushed(descriptor)));
  for (const result of results) if (result.status === 'rejected') throw result.reason;
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
      const directory = openSync(folder, 'r');
      try {
        const file = openSync(path.join(folder, name), 'wx', 0o600);
        try {
          giveToOwner(folder, file);
          // Fills memory only, sooner than another thread would be told to; the disk is waited for below.
          writeFileSync(file, seal(key, text, name));
          await syncAll(file, directory);
        } finally {
          closeSync(file);
        }
      } finally {
        closeSync(directory);
      }
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
