import { claimsOf } from '../../lib/jwt.js';
import { isGuid } from '../configuration/microsoft-tenant.js';

/** The claims of an access token that is a JSON Web Token (RFC 9068, Microsoft's likewise). */
export interface TokenClaims {
  audience: string[];
  /** Delegated scopes and app roles. */
  scopes: string[];
  /** The user who consented, if the token names them. */
  user: string | null;
  /** Every name of that user: what signs in, and the address. */
  names: string[];
  /** App roles: the application permissions of a token of the app itself. */
  roles: string[];
  /** Microsoft's object ID of who holds the token; for an app that of its enterprise application, never of its registration. */
  objectId: string | null;
  /** Issued to the app itself, without a user (Microsoft: `idtyp`, or roles without scopes). */
  isApp: boolean;
  expiresAt: Date | null;
}

const texts = (value: unknown): string[] =>
  [value].flat().filter((item): item is string => typeof item === 'string');

/**
 * Reads an access token for explanations only: it verifies nothing, and by the standard a token is opaque to
 * a client (RFC 6749 §1.4).
 * @returns null if it is not readable
 */
export function readClaims(token: string): TokenClaims | null {
  const claims = token.length < 64 * 1024 ? claimsOf(token) : null;
  if (!claims) return null;
  const names = ['upn', 'preferred_username', 'unique_name', 'email'].flatMap((name) => texts(claims[name]));
  const roles = texts(claims.roles);
  const hasRolesOnly = roles.length > 0 && claims.scp === undefined && names.length === 0;
  return {
    audience: texts(claims.aud),
    scopes: [
      ...texts(claims.scp).flatMap((text) => text.split(' ')),
      ...texts(claims.scope).flatMap((text) => text.split(' ')),
      ...roles,
    ],
    roles,
    objectId: typeof claims.oid === 'string' && isGuid(claims.oid) ? claims.oid : null,
    user: names[0] ?? null,
    names,
    isApp: claims.idtyp === 'app' || hasRolesOnly,
    // A date has a limit (ECMAScript: 8.64e15 ms), beyond which it cannot be written.
    expiresAt:
      typeof claims.exp === 'number' && Math.abs(claims.exp) <= 8.64e12 ? new Date(claims.exp * 1000) : null,
  };
}
