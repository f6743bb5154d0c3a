import { type KeyObject, randomUUID } from 'node:crypto';
import { SignJWT } from 'jose';
import type { AssertionFacts } from '../domain/provider/client-keys.js';

/** How long an assertion is valid, in seconds; Microsoft accepts up to ten minutes. */
const LIFETIME = 300;
/** For a provider whose clock is a little behind, in seconds. */
const TOLERANCE = 60;

/** The value of `client_assertion_type` (RFC 7523 §2.2). */
export const ASSERTION_TYPE = 'urn:ietf:params:oauth:client-assertion-type:jwt-bearer';

/**
 * Signs a client assertion (RFC 7523 §3, OpenID Connect Core §9 private_key_jwt) with PS256 and the header
 * `x5t#S256`, as Microsoft requires (learn.microsoft.com/entra/identity-platform/certificate-credentials, read on
 * 2026-11-29). Each has an identifier of its own, because a provider accepts it once.
 */
export function clientAssertion(
  key: KeyObject,
  thumbprint: string,
  { clientId, audience, now }: AssertionFacts,
): Promise<string> {
  const seconds = Math.floor(now.getTime() / 1000);
  return new SignJWT({})
    .setProtectedHeader({ alg: 'PS256', typ: 'JWT', 'x5t#S256': thumbprint })
    .setIssuer(clientId)
    .setSubject(clientId)
    .setAudience(audience)
    .setJti(randomUUID())
    .setIssuedAt(seconds)
    .setNotBefore(seconds - TOLERANCE)
    .setExpirationTime(seconds + LIFETIME)
    .sign(key);
}
