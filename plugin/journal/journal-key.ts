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
import path from 'node:path';
import { SidecarError } from '../errors.js';
import { phrase } from '../lib/phrase.js';

export const KEY_FILE = 'journal.key';
/** The key size of AES-256, in bytes. */
export const KEY_SIZE = 32;

/** Gives a file that a root command created to the folder's owner, because the service runs as that user. */
export function giveToOwner(folder: string, file: number): void {
  if (process.getuid?.() !== 0) return;
  const { uid, gid } = statSync(folder);
  fchownSync(file, uid, gid);
}

/** Creates the key on first use; if two processes do so at once, the first key counts. */
function makeKey(folder: string): void {
  const own = path.join(folder, `${KEY_FILE}.${randomUUID()}`);
  const content = openSync(own, 'wx', 0o600);
  try {
    writeSync(content, randomBytes(KEY_SIZE));
    giveToOwner(folder, content);
    fsyncSync(content);
    // Completely or not at all, even for two processes at once (link(2)).
    linkSync(own, path.join(folder, KEY_FILE));
  } catch (error) {
    if ((error as NodeJS.ErrnoException).code !== 'EEXIST') throw error;
  } finally {
    closeSync(content);
    rmSync(own);
  }
}

function readKey(folder: string): Buffer {
  mkdirSync(folder, { recursive: true, mode: 0o700 });
  const file = path.join(folder, KEY_FILE);
  if (!existsSync(file)) makeKey(folder);
  return readFileSync(file);
}

/**
 * Returns the installation's key.
 * @param folder of the journal; created with mode 0700
 * @throws SidecarError journal-unusable, which names the folder and the cause
 */
export function keyOf(folder: string): Buffer {
  let key: Buffer;
  try {
    key = readKey(folder);
  } catch (error) {
    const { code = 'UNKNOWN', path: where = folder } = error as NodeJS.ErrnoException;
    throw unusable(phrase('The folder is %s, where this failed: %s (%s).', folder, where, code), error);
  }
  if (key.length === KEY_SIZE) return key;
  throw unusable(
    phrase('The key %s has %s bytes instead of %s.', path.join(folder, KEY_FILE), key.length, KEY_SIZE),
    undefined,
  );
}

const unusable = (why: ReturnType<typeof phrase>, cause: unknown) =>
  new SidecarError('journal-unusable', {
    detail: [why, phrase('Run "znuny-oauth2 doctor --only journal" to see what to do.')],
    cause,
  });
