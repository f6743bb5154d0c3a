import { randomBytes, randomUUID } from 'node:crypto';
import { open, readFile, unlink } from 'node:fs/promises';
import path from 'node:path';
import { seal, unseal } from '../lib/seal.js';

/** More than the answers of one moment need, in bytes: a single free block on the disk is not enough. */
const SIZE = 256 * 1024;

/**
 * Tests the disk as the journal uses it, with a separate file: writes it sealed, waits for the disk, reads it
 * back.
 * @param key of the journal; null: unknown here, so the file contains plain text
 * @returns null if that works, otherwise the code of the failure (open(2), write(2), fsync(2)), or
 *   `DIFFERENT`
 */
export async function probeFolder(folder: string, key: Buffer | null): Promise<string | null> {
  const name = `${randomUUID()}.probe`;
  const file = path.join(folder, name);
  const text = randomBytes(SIZE / 2).toString('hex');
  const content = key ? seal(key, text, name) : Buffer.from(text);
  try {
    const opened = await open(file, 'wx', 0o600);
    try {
      await opened.writeFile(content);
      await opened.sync();
    } finally {
      await opened.close();
    }
    const read = await readFile(file);
    const got = key ? unseal(key, read, name) : read.toString();
    return got === text ? null : 'DIFFERENT';
  } catch (error) {
    return (error as NodeJS.ErrnoException).code ?? 'UNKNOWN';
  } finally {
    await unlink(file).catch(() => undefined);
  }
}
