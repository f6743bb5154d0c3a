/** What an access token says about itself, where it is a JSON web token (RFC 9068, Microsoft's likewise). */
export interface TokenClaims {
  audience: string[];
  /** Delegated scopes and app roles. */
  scopes: string[];
  /** Whoever consented, as far as the token names them. */
  user: string | null;
  expiresAt: Date | null;
}

const texts = (value: unknown): string[] =>
  [value].flat().filter((item): item is string => typeof item === 'string');

function decode(part: string): Record<string, unknown> | null {
  try {
    const bytes = Uint8Array.from(atob(part.replaceAll('-', '+').replaceAll('_', '/')), (c) =>
      c.charCodeAt(0),
    );
    const value: unknown = JSON.parse(new TextDecoder().decode(bytes));
    return typeof value === 'object' && value !== null ? (value as Record<string, unknown>) : null;
  } catch {
    return null;
  }
}

/**
 * For explanations only: nothing is verified, and a token is opaque to a client by the standard (RFC 6749 §1.4).
 * @returns null where it cannot be read
 */
export function readClaims(token: string): TokenClaims | null {
  const parts = token.split('.');
  const claims = parts.length === 3 && token.length < 64 * 1024 ? decode(parts[1] ?? '') : null;
  if (!claims) return null;
  const user = ['upn', 'preferred_username', 'unique_name', 'email'].flatMap((name) => texts(claims[name]));
  return {
    audience: texts(claims.aud),
    scopes: [
      ...texts(claims.scp).flatMap((text) => text.split(' ')),
      ...texts(claims.scope).flatMap((text) => text.split(' ')),
      ...texts(claims.roles),
    ],
    user: user[0] ?? null,
    // A date has an end (ECMAScript: 8.64e15 ms), beyond which it cannot be written.
    expiresAt:
      typeof claims.exp === 'number' && Math.abs(claims.exp) <= 8.64e12 ? new Date(claims.exp * 1000) : null,
  };
}
