import { randomBytes, randomUUID } from 'node:crypto';
import {
  closeSync,
  existsSync,
  fchownSync,
  fsync,
  fsyncSync,
  linkSync,
  mkdirSync,
  openSync,
  readFileSync,
  rmSync,
  statSync,
  writeFileSync,
  writeSync,
} from 'node:fs';
import { readdir, readFile, rename, unlink } from 'node:fs/promises';
import path from 'node:path';
import { promisify } from 'node:util';
import { seal, unseal } from '../lib/seal.js';

const KEY = 'journal.key';

/** What a command of root leaves behind is for the service, which runs as the folder's owner. */
function giveToOwner(folder: string, file: number): void {
  if (process.getuid?.() !== 0) return;
  const { uid, gid } = statSync(folder);
  fchownSync(file, uid, gid);
}

/** The key of the installation, made at first use; whoever is second takes the first one's. */
function keyOf(folder: string): Buffer {
  mkdirSync(folder, { recursive: true, mode: 0o700 });
  const file = path.join(folder, KEY);
  if (!existsSync(file)) {
    const own = path.join(folder, `${KEY}.${randomUUID()}`);
    const content = openSync(own, 'wx', 0o600);
    writeSync(content, randomBytes(32));
    giveToOwner(folder, content);
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
