import { closeSync, constants, fstatSync, openSync, readSync } from 'node:fs';
import { type FileHandle, open } from 'node:fs/promises';

/**
 * Files in folders that others may write. A named pipe would keep us waiting for ever, and to open a device may do something by
 * itself (watchdog(4)). So the name is only looked up at first (O_PATH, open(2)), which opens nothing, and what it has led to is
 * opened only where it is a regular file; whatever the name leads to by then. No more than the limit of it is read.
 */
const O_PATH = 0o10000000;
const READ = constants.O_RDONLY | constants.O_NONBLOCK | constants.O_NOCTTY;

export interface ReadLimits {
  /** Default 16 MB. */
  maxBytes?: number;
  /** false: a symbolic link in the last place is no regular file. Default true. */
  followsLinks?: boolean;
}

const MAX_BYTES = 16 * 1024 * 1024;

const lookUp = (followsLinks: boolean): number => (followsLinks ? O_PATH : O_PATH | constants.O_NOFOLLOW);
const opened = (descriptor: number): string => `/proc/self/fd/${descriptor}`;

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

/** The same, at once. */
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
