import { createHash, type KeyObject } from 'node:crypto';

/** Of a public key, as OpenSSH writes it: SHA-256 of its SubjectPublicKeyInfo (RFC 5280 §4.1.2.7), in Base64. */
export const fingerprint = (key: KeyObject): string =>
  `SHA256:${createHash('sha256')
    .update(key.export({ type: 'spki', format: 'der' }))
    .digest('base64')
    .replace(/=+$/, '')}`;
