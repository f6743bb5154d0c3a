import { isRecord } from './is-record.js';

/**
 * Reads the claims of a JSON Web Token in compact form (RFC 7519 §7.2) without checking its signature. Believe
 * them only if the token came straight from the token endpoint over TLS (OpenID Connect Core §3.1.3.7, point 6).
 * @returns null for anything else
 */
export function claimsOf(token: unknown): Record<string, unknown> | null {
  const [, payload, signature, ...more] = typeof token === 'string' ? token.split('.') : [];
  if (payload === undefined || signature === undefined || more.length > 0) return null;
  try {
    const claims: unknown = JSON.parse(Buffer.from(payload, 'base64url').toString('utf8'));
    return isRecord(claims) ? claims : null;
  } catch {
    return null;
  }
}
