import { createHash, createPrivateKey, createPublicKey, type KeyObject } from 'node:crypto';
import type { ServiceAccountFacts } from '../domain/provider/service-account-keys.js';
import { SidecarError } from '../errors.js';
import { isRecord } from '../lib/is-record.js';
import { type Phrase, phrase } from '../lib/phrase.js';
import { isUsableRsaKey, LONGEST, SHORTEST } from './rsa-key.js';

/** The private key of a service account. */
export interface ServiceAccountKey {
  key: KeyObject;
  /** SHA-256 of the public key in base64url. */
  thumbprint: string;
}

export const keyUnusable = (detail: Phrase): SidecarError =>
  new SidecarError('service-account-key-unusable', { detail });

/**
 * Reads a private key.
 * @param text PEM without a password
 * @throws SidecarError service-account-key-unusable
 */
export function readServiceAccountKey(text: string): ServiceAccountKey {
  let key: KeyObject;
  try {
    key = createPrivateKey(text);
  } catch {
    // OpenSSL's text may quote what it has read.
    throw keyUnusable(phrase('The private key in the file cannot be read.'));
  }
  if (!isUsableRsaKey(key))
    throw keyUnusable(
      phrase('The key must be an RSA key of %s to %s bits.', String(SHORTEST), String(LONGEST)),
    );
  const spki = createPublicKey(key).export({ type: 'spki', format: 'der' });
  return { key, thumbprint: createHash('sha256').update(spki).digest('base64url') };
}

/** The key as it is stored: unencrypted, PKCS #8. */
export const writeServiceAccountKey = ({ key }: ServiceAccountKey): string =>
  String(key.export({ type: 'pkcs8', format: 'pem' }));

function parsed(content: Uint8Array): Record<string, unknown> {
  try {
    // Editors on Windows put a byte order mark in front.
    const value: unknown = JSON.parse(
      Buffer.from(content)
        .toString('utf8')
        .replace(/^\uFEFF/, ''),
    );
    if (isRecord(value)) return value;
  } catch {
    // The parser's message quotes the file.
  }
  throw keyUnusable(phrase('The file is not the JSON file that Google offers when a key is created.'));
}

/** What Google offers for download under similar names, and a key file is confused with. */
function checkKind(file: Record<string, unknown>): void {
  if (file.type === 'service_account') return;
  if (file.web !== undefined || file.installed !== undefined)
    throw keyUnusable(
      phrase(
        'This is the file of an OAuth client, for which a person signs in. Create a key of the service account: Google Cloud console, IAM & Admin, Service Accounts, Keys.',
      ),
    );
  if (file.type === 'authorized_user')
    throw keyUnusable(phrase('These are the credentials of a person, not the key of a service account.'));
  throw keyUnusable(phrase('The file is of another Google product: its "type" is not "service_account".'));
}

/**
 * Reads the JSON file that Google offers when a key is created (cloud.google.com/iam/docs/keys-create-delete, read on
 * 2026-11-29; fields `type`, `private_key_id`, `private_key`, `client_email`, `client_id`). `token_uri` is ignored:
 * whoever wrote the file must not decide where assertions go.
 * @throws SidecarError service-account-key-unusable
 */
export function readKeyFile(content: Uint8Array): ServiceAccountKey & { facts: ServiceAccountFacts } {
  const file = parsed(content);
  checkKind(file);
  const text = (name: string): string => {
    const value = file[name];
    if (typeof value === 'string' && value !== '') return value;
    throw keyUnusable(phrase('The file contains no "%s".', name));
  };
  const account = text('client_email');
  const check = (name: string, fits: boolean): void => {
    if (!fits) throw keyUnusable(phrase('"%s" in the file is not valid.', name));
  };
  check('client_email', /^[\w.+-]{1,128}@[\w.-]{1,190}$/.test(account));
  const clientId = text('client_id');
  check('client_id', /^\d{1,64}$/.test(clientId));
  const keyId = text('private_key_id');
  check('private_key_id', /^[\w-]{1,128}$/.test(keyId));
  const secret = readServiceAccountKey(text('private_key'));
  return { ...secret, facts: { key: secret.thumbprint, keyId, account, clientId } };
}
