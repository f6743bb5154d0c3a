import { createHash, randomBytes } from 'node:crypto';

/** Hex SHA-256 of a text. */
export const sha256 = (text: string): string => createHash('sha256').update(text).digest('hex');

/** `bits` random bits, base64url without padding: 256 bits are 43 characters. */
export const randomText = (bits: number): string => randomBytes(bits / 8).toString('base64url');

/** PKCE code challenge of a verifier, method S256 (RFC 7636 §4.2). */
export const codeChallenge = (verifier: string): string =>
  createHash('sha256').update(verifier).digest('base64url');
