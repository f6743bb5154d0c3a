import { closeSync, constants, fstatSync, openSync, readSync } from 'node:fs';
import { type FileHandle, open } from 'node:fs/promises';

/**
 * Reads files in folders that others can write to. Opening a named pipe would block for ever, and opening a
 * device can have side effects (watchdog(4)). So the name is first resolved with O_PATH (open(2)), which
 * opens nothing. Then the resolved file is opened, only if it is a regular file, whatever the name points to
 * by then. Reading stops at the size limit.
 */
const O_PATH = 0o10000000;
const READ = constants.O_RDONLY | constants.O_NONBLOCK | constants.O_NOCTTY;

export interface ReadLimits {
  /** Default 16 MB. */
  maxBytes?: number;
  /** If false, a path that ends in a symbolic link is not a regular file. Default true. */
  followsLinks?: boolean;
}

const MAX_BYTES = 16 * 1024 * 1024;

const lookUp = (followsLinks: boolean): number => (followsLinks ? O_PATH : O_PATH | constants.O_NOFOLLOW);
const opened = (descriptor: number): string => `/proc/self/fd/${descriptor}`;

/** An error with a code, like those of the operating system. */
const refused = (code: 'ENOTREG' | 'EFBIG', file: string): NodeJS.ErrnoException =>
  Object.assign(new Error(`${code}: ${file}`), { code, path: file });

function check(facts: { isFile(): boolean; size: number }, maxBytes: number, file: string): void {
  if (!facts.isFile()) throw refused('ENOTREG', file);
  if (facts.size > maxBytes) throw refused('EFBIG', file);
}

/** @throws NodeJS.ErrnoException with a code of open(2), ENOTREG if it is not a regular file, or EFBIG */
export async function readRegularFile(
  file: string,
  { maxBytes = MAX_BYTES, followsLinks = true }: ReadLimits = {},
): Promise<Buffer> {
  const name = await open(file, lookUp(followsLinks));
  let handle: FileHandle | undefined;
  try {
    const facts = await name.stat();
    check(facts, maxBytes, file);
    handle = await open(opened(name.fd), READ);
    const content = Buffer.alloc(facts.size);
    let length = 0;
    while (length < content.length) {
      const { bytesRead } = await handle.read(content, length, content.length - length, length);
      if (bytesRead === 0) break;
      length += bytesRead;
    }
    return content.subarray(0, length);
  } finally {
    await handle?.close();
    await name.close();
  }
}

/** Synchronous `readRegularFile`. */
export function readRegularFileSync(
  file: string,
  { maxBytes = MAX_BYTES, followsLinks = true }: ReadLimits = {},
): Buffer {
  const name = openSync(file, lookUp(followsLinks));
  let descriptor: number | undefined;
  try {
    const facts = fstatSync(name);
    check(facts, maxBytes, file);
    descriptor = openSync(opened(name), READ);
    const content = Buffer.alloc(facts.size);
    let length = 0;
    while (length < content.length) {
      const read = readSync(descriptor, content, length, content.length - length, length);
      if (read === 0) break;
      length += read;
    }
    return content.subarray(0, length);
  } finally {
    if (descriptor !== undefined) closeSync(descriptor);
    closeSync(name);
  }
}
