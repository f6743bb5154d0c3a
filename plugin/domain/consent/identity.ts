/** Who consented, according to the provider. */
export interface Identity {
  /** `sub`: never changes and is never assigned to another user of this issuer (OpenID Connect Core §2). */
  subject: string;
  /** `preferred_username`, or `upn` at Microsoft: what the user signs in with. */
  login: string | null;
  email: string | null;
  issuer: string;
}

export type Claims = Record<string, unknown>;

/** The text of a claim, safe for a page: one short line without direction marks. */
function textOf(value: unknown): string | null {
  if (typeof value !== 'string') return null;
  const text = value.replace(/[\p{Cc}\p{Cf}\p{Zl}\p{Zp}]+/gu, ' ').trim();
  return text === '' || text.length > 250 ? null : text;
}

/**
 * Longer than any URL that works everywhere. The issuer is stored together with the token, which must not
 * fail because of it.
 */
const LONGEST_ISSUER = 2000;

/** @returns null if the claims name nobody */
export function identityOf(claims: Claims, issuer: string): Identity | null {
  const subject = textOf(claims.sub);
  if (subject === null || issuer.length > LONGEST_ISSUER) return null;
  const login = textOf(claims.preferred_username) ?? textOf(claims.upn) ?? textOf(claims.unique_name);
  return { subject, login, email: textOf(claims.email), issuer };
}

export interface ExpectedIdToken {
  clientId: string;
  /** As configured; undefined: the origin of the authorization endpoint counts. */
  issuer: string | undefined;
  authorizationEndpoint: string;
  nonce: string;
  now: Date;
}

/** Tolerance for differing clocks, in seconds. */
const SKEW = 120;

const originOf = (address: string): string | undefined =>
  /^https?:\/\/[^/?#]+/i.exec(address)?.[0].toLowerCase();

function isIssuer(issuer: string, { issuer: expected, authorizationEndpoint }: ExpectedIdToken): boolean {
  if (expected) return issuer === expected;
  // In old answers Google names itself without a scheme.
  const origin = originOf(issuer) ?? originOf(`https://${issuer}`);
  return origin !== undefined && origin === originOf(authorizationEndpoint);
}

export type IdTokenVerdict =
  /** It says who consented. */
  | { kind: 'good'; identity: Identity }
  /** Made for another client or another request: the whole answer is untrustworthy. */
  | { kind: 'forged'; claim: 'aud' | 'nonce' | 'iss' }
  /** It contains nothing reliable, which is no reason to refuse the token that came with it. */
  | { kind: 'useless'; claim: string };

/**
 * Judges the claims of an ID token from the token endpoint's answer (OpenID Connect Core §3.1.3.7; point 6
 * permits skipping the signature check there). Distinguishes wrong claims from missing or late ones, because
 * a good token must not be lost to a wrong clock or a provider that omits the nonce.
 */
export function judgeIdToken(claims: Claims | null, expected: ExpectedIdToken): IdTokenVerdict {
  if (!claims) return { kind: 'useless', claim: 'format' };
  const audience = Array.isArray(claims.aud) ? claims.aud : [claims.aud];
  if (claims.aud === undefined) return { kind: 'useless', claim: 'aud' };
  const party = claims.azp ?? expected.clientId;
  if (!audience.includes(expected.clientId) || party !== expected.clientId)
    return { kind: 'forged', claim: 'aud' };
  if (claims.nonce !== undefined && claims.nonce !== expected.nonce)
    return { kind: 'forged', claim: 'nonce' };
  if (claims.nonce === undefined) return { kind: 'useless', claim: 'nonce' };
  const issuer = typeof claims.iss === 'string' ? claims.iss : '';
  if (!isIssuer(issuer, expected)) return { kind: expected.issuer ? 'forged' : 'useless', claim: 'iss' };
  const ends = ['number', 'string'].includes(typeof claims.exp) ? Number(claims.exp) : Number.NaN;
  if (!(ends + SKEW > expected.now.getTime() / 1000)) return { kind: 'useless', claim: 'exp' };
  const identity = identityOf(claims, issuer);
  return identity ? { kind: 'good', identity } : { kind: 'useless', claim: 'sub' };
}

/**
 * Does this name sign in with this login? `jane@example.com\support@example.com` signs in as Jane at a shared
 * mailbox. In `EXAMPLE\jane` a domain stands before the backslash.
 */
export function isSameName(name: string, login: string): boolean {
  const [before = ''] = login.split('\\');
  const signIn = before.includes('@') ? before : login;
  return name.trim().toLowerCase() === signIn.trim().toLowerCase();
}

const isAddress = (text: string | null): boolean => text?.includes('@') ?? false;

/**
 * Does the token belong to the mailbox that signs in with it?
 * @returns unknown: the provider sent nothing that can be compared with a login
 */
export function compareMailbox(identity: Identity, login: string): 'same' | 'other' | 'unknown' {
  const names = [identity.login, identity.email, identity.subject];
  if (names.some((name) => name !== null && isSameName(name, login))) return 'same';
  return isAddress(identity.login) || isAddress(identity.email) || isAddress(identity.subject)
    ? 'other'
    : 'unknown';
}

/** The name that an admin recognises. */
export const nameOf = ({ login, email, subject }: Identity): string => login ?? email ?? subject;
