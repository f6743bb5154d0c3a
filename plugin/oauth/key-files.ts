import { type ClientKeys, LARGEST_KEY_FILE } from '../domain/provider/client-keys.js';
import { ProviderError } from '../domain/provider/provider-error.js';
import { inEnglish } from '../lib/phrase.js';
import { clientAssertion } from './client-assertion.js';
import { factsOf, type KeyPair, readKeyPair, unusable, writeKeyPair } from './key-pair.js';
import { selfSignedPair, unpackPfx } from './openssl.js';
import { createSecretFiles, NoKey } from './secret-files.js';

export interface KeyFilesDeps {
  /** Below the state folder; created with mode 0700 when the first key is stored. */
  folder: string;
  /** CREDENTIALS_DIRECTORY of systemd; null: none. */
  credentials: string | null;
}

/** The failure of a request for which this machine cannot sign. */
export const rejected = (error: string) =>
  new ProviderError({
    outcome: 'client-rejected',
    error,
  });

/**
 * Keeps the keys of client certificates, each with its certificate, as files. A systemd credential
 * (LoadCredential=certificate-…) takes the place of a missing file.
 */
export function createKeyFiles(deps: KeyFilesDeps): ClientKeys {
  const files = createSecretFiles<KeyPair>({
    ...deps,
    credential: 'certificate',
    read: (text) => readKeyPair(text),
    write: writeKeyPair,
    unusable: (detail) => unusable(inEnglish(detail)),
  });

  return {
    async sign(thumbprint, facts) {
      let pair: KeyPair;
      try {
        pair = await files.get(thumbprint);
      } catch (error) {
        if (!(error instanceof NoKey)) throw error;
        throw rejected(error.state === 'unsafe' ? 'certificate_unsafe' : 'certificate_missing');
      }
      if (new Date(pair.certificate.validTo) <= facts.now) throw rejected('certificate_expired');
      return clientAssertion(pair.key, thumbprint, facts);
    },
    state: files.state,
    facts: (thumbprint) => files.get(thumbprint).then(factsOf, () => null),
    async create(days) {
      const pair = readKeyPair(await selfSignedPair(days));
      await files.store(pair);
      return factsOf(pair);
    },
    async take(content, password, now) {
      if (content.length > LARGEST_KEY_FILE) throw unusable('The file is larger than 64 KB.');
      const text = Buffer.from(content).toString('utf8');
      const isPem = text.includes('-----BEGIN ');
      const pair = readKeyPair(isPem ? text : await unpackPfx(content, password), isPem ? password : '');
      if (new Date(pair.certificate.validTo) <= now) throw unusable('The certificate has expired.');
      await files.store(pair);
      return factsOf(pair);
    },
    remove: files.remove,
  };
}
