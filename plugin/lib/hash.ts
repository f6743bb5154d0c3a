import { createHash, randomBytes, timingSafeEqual } from 'node:crypto';

/** SHA-256 of a text, in hexadecimal. */
export const sha256 = (text: string): string => createHash('sha256').update(text).digest('hex');

/** `bits` random bits, base64url without padding: 256 bits are 43 characters. */
export const randomText = (bits: number): string => randomBytes(bits / 8).toString('base64url');

/** Compares two texts in a time that reveals neither where they differ nor how long they are. */
export const sameText = (left: string, right: string): boolean =>
  timingSafeEqual(createHash('sha256').update(left).digest(), createHash('sha256').update(right).digest());

/** PKCE code challenge of a verifier, method S256 (RFC 7636 §4.2). */
export const codeChallenge = (verifier: string): string =>
  createHash('sha256').update(verifier).digest('base64url');

/**
 * Derives a request's nonce (OpenID Connect Core §3.1.2.1) from its state. The nonce is as hard to guess and
 * can be computed again when the state comes back, so that it need not be stored.
 */
export const nonceOf = (state: string): string =>
  createHash('sha256').update(`nonce:${state}`).digest('base64url');
