import { closeSync, fsync, openSync, writeSync } from 'node:fs';
import { readdir, readFile, rename, stat, unlink } from 'node:fs/promises';
import path from 'node:path';
import { promisify } from 'node:util';
import { seal, unseal } from '../lib/seal.js';
import { isOldFile, sealedAs } from './file-name.js';
import { frame, LARGEST_FILE, splitFrames } from './frames.js';
import { giveToOwner, keyOf } from './journal-key.js';

const flushed = promisify(fsync);

/** Waits until all writes have reached the disk or failed: no descriptor may be closed earlier. */
async function syncAll(...opened: number[]): Promise<void> {
  const results = await Promise.allSettled(opened.map((descriptor) => flushed(descriptor)));
  for (const result of results) if (result.status === 'rejected') throw result.reason;
}

const NS_PER_MS = 1_000_000n;
/** The largest difference between two changes that may have the same time, in nanoseconds. */
const TICK = 2_000n * NS_PER_MS;

/** A file that is being written. */
export interface OpenFile {
  /**
   * Adds a text. From then on it survives the process, but not a power failure.
   * @throws the error of write(2)
   */
  append(text: string): void;
  /**
   * Resolves when file and folder are on the disk and would survive a power failure (fsync(2)). Nothing can
   * be added afterwards.
   */
  sync(): Promise<void>;
}

/** The content of a file. */
export interface Content {
  texts: string[];
  /**
   * The file was truncated when its process ended, has another key, or is not ours; `texts` is the valid part
   * before that.
   */
  damaged: boolean;
}

/**
 * Files of one folder. Each is a sequence of encrypted texts that are bound to the file's name and to their
 * place in it.
 * @param folder used by this installation only; created with mode 0700
 */
export function createSealedFiles(folder: string) {
  const key = keyOf(folder);
  const pathOf = (name: string) => path.join(folder, name);

  let listed: { names: readonly string[]; changedAt: bigint } | undefined;

  /** All names; reads the folder only if it has changed, because thousands of stored answers may be in it. */
  async function names(): Promise<readonly string[]> {
    const { mtimeNs: changedAt } = await stat(folder, { bigint: true });
    if (listed?.changedAt === changedAt) return listed.names;
    const found = await readdir(folder);
    // What changes it within the same tick of the file system's clock leaves no trace.
    const isOver = BigInt(Date.now()) * NS_PER_MS - changedAt > TICK;
    listed = isOver ? { names: found, changedAt } : undefined;
    return found;
  }

  function contentOf(name: string, file: Buffer): Content {
    if (isOldFile(name)) {
      const text = unseal(key, file, name);
      return { texts: text === null ? [] : [text], damaged: text === null };
    }
    const { frames, whole } = splitFrames(file);
    const texts = frames.map((content, at) => unseal(key, content, `${sealedAs(name)}#${at}`));
    const bad = texts.indexOf(null);
    return {
      texts: (bad < 0 ? texts : texts.slice(0, bad)) as string[],
      damaged: !whole || bad >= 0 || texts.length === 0,
    };
  }

  return {
    names,
    /**
     * Creates a file with mode 0600.
     * @throws the error of open(2)
     */
    create(name: string): OpenFile {
      const file = openSync(pathOf(name), 'wx', 0o600);
      let count = 0;
      try {
        giveToOwner(folder, file);
      } catch (error) {
        closeSync(file);
        throw error;
      }
      return {
        append: (text) => void writeSync(file, frame(seal(key, text, `${name}#${count++}`))),
        async sync() {
          try {
            const directory = openSync(folder, 'r');
            try {
              await syncAll(file, directory);
            } finally {
              closeSync(directory);
            }
          } finally {
            closeSync(file);
          }
        },
      };
    },
    /**
     * @returns null: it does not exist
     * @throws the error of reading, such as EACCES
     */
    async read(name: string): Promise<Content | null> {
      try {
        const { size } = await stat(pathOf(name));
        return size > LARGEST_FILE
          ? { texts: [], damaged: true }
          : contentOf(name, await readFile(pathOf(name)));
      } catch (error) {
        if ((error as NodeJS.ErrnoException).code === 'ENOENT') return null;
        throw error;
      }
    },
    rename: (name: string, to: string): Promise<void> => unlessGone(rename(pathOf(name), pathOf(to))),
    remove: (name: string): Promise<void> => unlessGone(unlink(pathOf(name))),
  };
}

export type SealedFiles = ReturnType<typeof createSealedFiles>;

/** Another process on this machine may have renamed or removed it. */
const unlessGone = (work: Promise<void>): Promise<void> =>
  work.catch((error: NodeJS.ErrnoException) => {
    if (error.code !== 'ENOENT') throw error;
  });
