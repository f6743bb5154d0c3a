import { createHash, type KeyObject } from 'node:crypto';

/**
 * Fingerprint of a public key as OpenSSH prints it: SHA-256 of its SubjectPublicKeyInfo (RFC 5280 §4.1.2.7),
 * in Base64.
 */
export const fingerprint = (key: KeyObject): string =>
  `SHA256:${createHash('sha256')
    .update(key.export({ type: 'spki', format: 'der' }))
    .digest('base64')
    .replace(/=+$/, '')}`;
