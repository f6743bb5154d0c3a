import { randomUUID } from 'node:crypto';
import { constants } from 'node:fs';
import { lstat, mkdir, open, readdir, rename, rm } from 'node:fs/promises';
import path from 'node:path';
import { isThumbprint } from '../domain/configuration/certificates.js';
import { type KeyState, LARGEST_KEY_FILE } from '../domain/provider/client-keys.js';
import { SidecarError } from '../errors.js';
import { type Phrase, phrase } from '../lib/phrase.js';
import { readRegularFile } from '../lib/regular-file.js';

export interface SecretFilesDeps<T> {
  /** Created with mode 0700 when the first key is stored. */
  folder: string;
  /** CREDENTIALS_DIRECTORY of systemd; null: none. */
  credentials: string | null;
  /** How the name of a systemd credential with such a key begins. */
  credential: string;
  /** Reads a stored text. @throws SidecarError: it contains no key */
  read(text: string): T;
  write(secret: T): string;
  /** The error for a key that cannot be stored. */
  unusable(detail: Phrase): SidecarError;
}

/** Why there is no key. */
export class NoKey extends Error {
  constructor(readonly state: Exclude<KeyState, 'usable'>) {
    super(state);
  }
}

const MISSING = ['ENOENT', 'ENOTDIR'];
/** The name stands for something other than a file with a key. */
const NO_FILE = ['ENOTREG', 'EFBIG', 'ELOOP'];

/**
 * Classifies a failure to read a key file.
 * @returns NoKey: there is no usable key; SidecarError internal: unknown, because this machine could not read the file,
 *   for example without a free file descriptor
 */
function readFault(error: unknown): NoKey | SidecarError {
  // A text that is no key.
  if (error instanceof SidecarError) return new NoKey('damaged');
  const { code = 'UNKNOWN' } = error as NodeJS.ErrnoException;
  if (MISSING.includes(code)) return new NoKey('missing');
  if (NO_FILE.includes(code)) return new NoKey('damaged');
  return new SidecarError('internal', { log: `key file: ${code}`, cause: error });
}

/**
 * Only this process's user, or root, may own the file, and nobody else may read or change it.
 * @returns a mark that differs once the file is changed or replaced
 */
async function checkOwner(file: string): Promise<string> {
  const facts = await lstat(file).catch((error: unknown) => {
    throw readFault(error);
  });
  const isOwn = facts.uid === process.geteuid?.() || facts.uid === 0;
  if (!facts.isFile() || !isOwn || (facts.mode & 0o077) !== 0) throw new NoKey('unsafe');
  return [facts.ino, facts.size, facts.mtimeMs, facts.ctimeMs].join(' ');
}

/**
 * Keeps keys as files with mode 0600, one for each, named by its thumbprint. A systemd credential takes the place of a
 * missing file; systemd itself protects it.
 */
export function createSecretFiles<T extends { thumbprint: string }>({
  folder,
  credentials,
  credential,
  ...format
}: SecretFilesDeps<T>) {
  const fileOf = (thumbprint: string): string => {
    // The name of a file comes from the database.
    if (!isThumbprint(thumbprint)) throw new NoKey('missing');
    return path.join(folder, `${thumbprint}.pem`);
  };

  async function readSecret(file: string): Promise<T> {
    try {
      const content = await readRegularFile(file, { maxBytes: LARGEST_KEY_FILE, followsLinks: false });
      return format.read(content.toString('utf8'));
    } catch (error) {
      throw readFault(error);
    }
  }

  async function fromCredentials(thumbprint: string): Promise<T | null> {
    if (!credentials) return null;
    /** Set if a credential could not be read: it may be the one that is sought. */
    let unread: SidecarError | undefined;
    const orNull = (error: unknown) => {
      const isRead = error instanceof NoKey || error instanceof SidecarError;
      const fault = isRead ? error : readFault(error);
      if (fault instanceof SidecarError) unread = fault;
      return null;
    };
    const names = (await readdir(credentials).catch(orNull)) ?? [];
    for (const name of names.filter((one) => one.startsWith(credential))) {
      const secret = await readSecret(path.join(credentials, name)).catch(orNull);
      if (secret?.thumbprint === thumbprint) return secret;
    }
    if (unread) throw unread;
    return null;
  }

  /** Parsing a key takes longer than signing with it. */
  const parsed = new Map<string, { mark: string; secret: T }>();

  /** @throws NoKey, and SidecarError internal */
  async function get(thumbprint: string): Promise<T> {
    const file = fileOf(thumbprint);
    try {
      const mark = await checkOwner(file);
      const known = parsed.get(thumbprint);
      if (known?.mark === mark) return known.secret;
      const secret = await readSecret(file);
      if (secret.thumbprint !== thumbprint) throw new NoKey('damaged');
      parsed.set(thumbprint, { mark, secret });
      return secret;
    } catch (error) {
      parsed.delete(thumbprint);
      const given = await fromCredentials(thumbprint);
      if (given) return given;
      throw error;
    }
  }

  return {
    get,
    async state(thumbprint: string): Promise<KeyState> {
      try {
        await get(thumbprint);
        return 'usable';
      } catch (error) {
        if (error instanceof NoKey) return error.state;
        throw error;
      }
    },
    /** Written beside it and renamed, so that no reader sees half a file. */
    async store(secret: T): Promise<void> {
      const own = path.join(folder, `${randomUUID()}.new`);
      try {
        await mkdir(folder, { recursive: true, mode: 0o700 });
        const flags = constants.O_WRONLY | constants.O_CREAT | constants.O_EXCL | constants.O_NOFOLLOW;
        const handle = await open(own, flags, 0o600);
        try {
          await handle.writeFile(format.write(secret));
          await handle.sync();
        } finally {
          await handle.close();
        }
        await rename(own, fileOf(secret.thumbprint));
      } catch (error) {
        await rm(own, { force: true });
        const { code = 'UNKNOWN' } = error as NodeJS.ErrnoException;
        throw format.unusable(phrase('The key could not be stored in %s (%s).', folder, code));
      }
    },
    remove: (thumbprint: string) => rm(fileOf(thumbprint), { force: true }),
  };
}
