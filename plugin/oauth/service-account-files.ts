import { SignJWT } from 'jose';
import { LARGEST_KEY_FILE } from '../domain/provider/client-keys.js';
import type { ServiceAccountKeys } from '../domain/provider/service-account-keys.js';
import { phrase } from '../lib/phrase.js';
import { type KeyFilesDeps, rejected } from './key-files.js';
import { createSecretFiles, NoKey } from './secret-files.js';
import {
  keyUnusable,
  readKeyFile,
  readServiceAccountKey,
  type ServiceAccountKey,
  writeServiceAccountKey,
} from './service-account-key.js';

/** How long an assertion is valid, in seconds; Google accepts up to an hour. */
const LIFETIME = 1800;
/** For a provider whose clock is a little behind, in seconds. */
const TOLERANCE = 60;

/**
 * Keeps the keys of Google's service accounts as files. A systemd credential (LoadCredential=service-account-…) with
 * the key as PEM takes the place of a missing file. Assertions are signed with RS256, as Google requires
 * (developers.google.com/identity/protocols/oauth2/service-account, read on 2026-11-29).
 */
export function createServiceAccountFiles(deps: KeyFilesDeps): ServiceAccountKeys {
  const files = createSecretFiles<ServiceAccountKey>({
    ...deps,
    credential: 'service-account',
    read: readServiceAccountKey,
    write: writeServiceAccountKey,
    unusable: keyUnusable,
  });
  const read = (content: Uint8Array) => {
    if (content.length > LARGEST_KEY_FILE) throw keyUnusable(phrase('The file is larger than 64 KB.'));
    return readKeyFile(content);
  };

  return {
    async sign(key, { keyId, account, mailbox, scope, audience, now }) {
      const secret = await files.get(key).catch((error: unknown) => {
        if (!(error instanceof NoKey)) throw error;
        const isUnsafe = error.state === 'unsafe';
        throw rejected(isUnsafe ? 'service_account_key_unsafe' : 'service_account_key_missing');
      });
      const seconds = Math.floor(now.getTime() / 1000);
      return new SignJWT({ scope })
        .setProtectedHeader({ alg: 'RS256', typ: 'JWT', kid: keyId })
        .setIssuer(account)
        .setSubject(mailbox)
        .setAudience(audience)
        .setIssuedAt(seconds - TOLERANCE)
        .setExpirationTime(seconds + LIFETIME)
        .sign(secret.key);
    },
    state: files.state,
    inspect: async (content) => read(content).facts,
    async take(content) {
      const secret = read(content);
      await files.store(secret);
      return secret.facts;
    },
    remove: files.remove,
  };
}
