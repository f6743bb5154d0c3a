import { closeSync, constants, fstatSync, openSync, readSync } from 'node:fs';
import { open } from 'node:fs/promises';

/**
 * Files in folders that others may write. A named pipe would keep us waiting for ever and a device may do anything, so
 * neither is waited for (O_NONBLOCK) and only a regular file is read; no more than the limit of it.
 */
const FLAGS = constants.O_RDONLY | constants.O_NONBLOCK | constants.O_NOCTTY;

export interface ReadLimits {
  /** Default 16 MB. */
  maxBytes?: number;
  /** false: a symbolic link in the last place is refused (ELOOP). Default true. */
  followsLinks?: boolean;
}

const MAX_BYTES = 16 * 1024 * 1024;

const flagsFor = (followsLinks: boolean): number => (followsLinks ? FLAGS : FLAGS | constants.O_NOFOLLOW);

/** An error with a code, as those of the operating system. */
const refused = (code: 'ENOTREG' | 'EFBIG', file: string): NodeJS.ErrnoException =>
  Object.assign(new Error(`${code}: ${file}`), { code, path: file });

function check(facts: { isFile(): boolean; size: number }, maxBytes: number, file: string): void {
  if (!facts.isFile()) throw refused('ENOTREG', file);
  if (facts.size > maxBytes) throw refused('EFBIG', file);
}

/** @throws NodeJS.ErrnoException of open(2), ENOTREG for what is no regular file, EFBIG */
export async function readRegularFile(
  file: string,
  { maxBytes = MAX_BYTES, followsLinks = true }: ReadLimits = {},
): Promise<Buffer> {
  const handle = await open(file, flagsFor(followsLinks));
  try {
    const facts = await handle.stat();
    check(facts, maxBytes, file);
    const content = Buffer.alloc(facts.size);
    let length = 0;
    while (length < content.length) {
      const { bytesRead } = await handle.read(content, length, content.length - length, length);
      if (bytesRead === 0) break;
      length += bytesRead;
    }
    return content.subarray(0, length);
  } finally {
    await handle.close();
  }
}

/** The same, at once. */
export function readRegularFileSync(
  file: string,
  { maxBytes = MAX_BYTES, followsLinks = true }: ReadLimits = {},
): Buffer {
  const descriptor = openSync(file, flagsFor(followsLinks));
  try {
    const facts = fstatSync(descriptor);
    check(facts, maxBytes, file);
    const content = Buffer.alloc(facts.size);
    let length = 0;
    while (length < content.length) {
      const read = readSync(descriptor, content, length, content.length - length, length);
      if (read === 0) break;
      length += read;
    }
    return content.subarray(0, length);
  } finally {
    closeSync(descriptor);
  }
}
