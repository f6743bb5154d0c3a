import type { KeyObject } from 'node:crypto';

/** In bits; Microsoft and Google accept no shorter keys, and a signature of a longer one takes seconds. */
export const [SHORTEST, LONGEST] = [2048, 4096] as const;
/** Bits by which a prime may be longer than half the modulus. */
const SLACK = 16;

const bitsOf = (number = ''): number => Buffer.from(number, 'base64url').length * 8;

/**
 * Is it a private RSA key that signs in milliseconds? Each of its numbers is limited: OpenSSL computes with those of the
 * file, and longer primes than belong to the modulus keep it busy for minutes.
 */
export function isUsableRsaKey(key: KeyObject): boolean {
  const bits = key.asymmetricKeyDetails?.modulusLength ?? 0;
  if (key.type !== 'private' || key.asymmetricKeyType !== 'rsa' || bits < SHORTEST || bits > LONGEST)
    return false;
  try {
    const { n, e, d, p, q, dp, dq, qi } = key.export({ format: 'jwk' });
    const half = bits / 2 + SLACK;
    return (
      [n, e, d].every((one) => bitsOf(one) <= bits + 8) &&
      [p, q, dp, dq, qi].every((one) => bitsOf(one) <= half)
    );
  } catch {
    // A key of more than two primes.
    return false;
  }
}
