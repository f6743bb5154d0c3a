import { randomUUID } from 'node:crypto';
import { constants } from 'node:fs';
import { lstat, mkdir, open, readdir, rename, rm } from 'node:fs/promises';
import path from 'node:path';
import { isThumbprint } from '../domain/configuration/certificates.js';
import type { ClientKeys, KeyState } from '../domain/provider/client-keys.js';
import { ProviderError } from '../domain/provider/provider-error.js';
import { SidecarError } from '../errors.js';
import { readRegularFile } from '../lib/regular-file.js';
import { clientAssertion } from './client-assertion.js';
import { factsOf, type KeyPair, readKeyPair, unusable, writeKeyPair } from './key-pair.js';
import { selfSignedPair, unpackPfx } from './openssl.js';

/** In bytes; a key and a chain of certificates are a few kilobytes. */
const LARGEST = 64 * 1024;
/** How the name of a systemd credential with such a pair begins. */
const CREDENTIAL = 'certificate';

export interface KeyFilesDeps {
  /** Below the state folder; created with mode 0700 when the first key is stored. */
  folder: string;
  /** CREDENTIALS_DIRECTORY of systemd; null: none. */
  credentials: string | null;
}

/** Why there is no pair. */
class NoPair extends Error {
  constructor(readonly state: Exclude<KeyState, 'usable'>) {
    super(state);
  }
}

const MISSING = ['ENOENT', 'ENOTDIR'];
/** The name stands for something other than a file with a pair. */
const NO_FILE = ['ENOTREG', 'EFBIG', 'ELOOP'];

/**
 * What a failure to read says of the pair.
 * @returns SidecarError internal: nothing, because this machine was not able to read, such as without descriptors
 */
function readFault(error: unknown): NoPair | SidecarError {
  // A text that is no pair.
  if (error instanceof SidecarError) return new NoPair('damaged');
  const { code = 'UNKNOWN' } = error as NodeJS.ErrnoException;
  if (MISSING.includes(code)) return new NoPair('missing');
  if (NO_FILE.includes(code)) return new NoPair('damaged');
  return new SidecarError('internal', { log: `key file: ${code}`, cause: error });
}

/**
 * Only this process's user, or root, may own the file, and nobody else may read or change it.
 * @returns what differs if another file takes its place
 */
async function checkOwner(file: string): Promise<string> {
  const facts = await lstat(file).catch((error: unknown) => {
    throw readFault(error);
  });
  const isOwn = facts.uid === process.geteuid?.() || facts.uid === 0;
  if (!facts.isFile() || !isOwn || (facts.mode & 0o077) !== 0) throw new NoPair('unsafe');
  return [facts.ino, facts.size, facts.mtimeMs, facts.ctimeMs].join(' ');
}

async function readPair(file: string): Promise<KeyPair> {
  try {
    const content = await readRegularFile(file, { maxBytes: LARGEST, followsLinks: false });
    return readKeyPair(content.toString('utf8'));
  } catch (error) {
    throw readFault(error);
  }
}

const rejected = (error: string) =>
  new ProviderError({
    outcome: 'client-rejected',
    error,
    description: '',
    status: null,
    retryAfter: null,
    codes: '',
  });

/**
 * Keeps the keys of client certificates as files with mode 0600, one for each, named by its thumbprint. A systemd credential
 * (LoadCredential=certificate-…) takes the place of a missing file; systemd itself protects it.
 */
export function createKeyFiles({ folder, credentials }: KeyFilesDeps): ClientKeys {
  const fileOf = (thumbprint: string): string => {
    // The name of a file comes from the database.
    if (!isThumbprint(thumbprint)) throw new NoPair('missing');
    return path.join(folder, `${thumbprint}.pem`);
  };

  async function fromCredentials(thumbprint: string): Promise<KeyPair | null> {
    if (!credentials) return null;
    /** A credential that cannot be read may be the one. */
    let unread: SidecarError | undefined;
    const orNull = (error: unknown) => {
      const isRead = error instanceof NoPair || error instanceof SidecarError;
      const fault = isRead ? error : readFault(error);
      if (fault instanceof SidecarError) unread = fault;
      return null;
    };
    const names = (await readdir(credentials).catch(orNull)) ?? [];
    for (const name of names.filter((one) => one.startsWith(CREDENTIAL))) {
      const pair = await readPair(path.join(credentials, name)).catch(orNull);
      if (pair?.thumbprint === thumbprint) return pair;
    }
    if (unread) throw unread;
    return null;
  }

  /** Parsing a pair takes longer than signing with it. */
  const parsed = new Map<string, { mark: string; pair: KeyPair }>();

  async function pairOf(thumbprint: string): Promise<KeyPair> {
    const file = fileOf(thumbprint);
    try {
      const mark = await checkOwner(file);
      const known = parsed.get(thumbprint);
      if (known?.mark === mark) return known.pair;
      const pair = await readPair(file);
      if (pair.thumbprint !== thumbprint) throw new NoPair('damaged');
      parsed.set(thumbprint, { mark, pair });
      return pair;
    } catch (error) {
      parsed.delete(thumbprint);
      const given = await fromCredentials(thumbprint);
      if (given) return given;
      throw error;
    }
  }

  /** Written beside it and renamed, so that no reader sees half a file. */
  async function store(pair: KeyPair): Promise<void> {
    const own = path.join(folder, `${randomUUID()}.new`);
    try {
      await mkdir(folder, { recursive: true, mode: 0o700 });
      const flags = constants.O_WRONLY | constants.O_CREAT | constants.O_EXCL | constants.O_NOFOLLOW;
      const handle = await open(own, flags, 0o600);
      try {
        await handle.writeFile(writeKeyPair(pair));
        await handle.sync();
      } finally {
        await handle.close();
      }
      await rename(own, fileOf(pair.thumbprint));
    } catch (error) {
      await rm(own, { force: true });
      const { code = 'UNKNOWN' } = error as NodeJS.ErrnoException;
      throw unusable(`The key could not be stored in ${folder} (${code}).`);
    }
  }

  return {
    async sign(thumbprint, facts) {
      let pair: KeyPair;
      try {
        pair = await pairOf(thumbprint);
      } catch (error) {
        if (!(error instanceof NoPair)) throw error;
        throw rejected(error.state === 'unsafe' ? 'certificate_unsafe' : 'certificate_missing');
      }
      if (new Date(pair.certificate.validTo) <= facts.now) throw rejected('certificate_expired');
      return clientAssertion(pair.key, thumbprint, facts);
    },
    async state(thumbprint) {
      try {
        await pairOf(thumbprint);
        return 'usable';
      } catch (error) {
        if (error instanceof NoPair) return error.state;
        throw error;
      }
    },
    facts: (thumbprint) => pairOf(thumbprint).then(factsOf, () => null),
    async create(days) {
      const pair = readKeyPair(await selfSignedPair(days));
      await store(pair);
      return factsOf(pair);
    },
    async take(content, password, now) {
      if (content.length > LARGEST) throw unusable('The file is larger than 64 KB.');
      const text = Buffer.from(content).toString('utf8');
      const isPem = text.includes('-----BEGIN ');
      const pair = readKeyPair(isPem ? text : await unpackPfx(content, password), isPem ? password : '');
      if (new Date(pair.certificate.validTo) <= now) throw unusable('The certificate has expired.');
      await store(pair);
      return factsOf(pair);
    },
    remove: (thumbprint) => rm(fileOf(thumbprint), { force: true }),
  };
}
