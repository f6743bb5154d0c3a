import { createHash, randomBytes, timingSafeEqual } from 'node:crypto';

/** Hex SHA-256 of a text. */
export const sha256 = (text: string): string => createHash('sha256').update(text).digest('hex');

/** `bits` random bits, base64url without padding: 256 bits are 43 characters. */
export const randomText = (bits: number): string => randomBytes(bits / 8).toString('base64url');

/** Compares in a time that tells nothing about where two texts differ, nor about the length of either. */
export const sameText = (left: string, right: string): boolean =>
  timingSafeEqual(createHash('sha256').update(left).digest(), createHash('sha256').update(right).digest());

/** PKCE code challenge of a verifier, method S256 (RFC 7636 §4.2). */
export const codeChallenge = (verifier: string): string =>
  createHash('sha256').update(verifier).digest('base64url');

/**
 * The nonce of a request (OpenID Connect Core §3.1.2.1), made from its state: as hard to guess, and known again when the
 * state comes back, so that nothing has to be stored.
 */
export const nonceOf = (state: string): string =>
  createHash('sha256').update(`nonce:${state}`).digest('base64url');
