/** Who agreed, as the provider says. */
export interface Identity {
  /** `sub`: never changes and is never given to somebody else at this issuer (OpenID Connect Core §2). */
  subject: string;
  /** `preferred_username`, or `upn` at Microsoft; what the person signs in with. */
  login: string | null;
  email: string | null;
  issuer: string;
}

export type Claims = Record<string, unknown>;

/** What a claim may be: short, one line, nothing that turns the text of a page round. */
function textOf(value: unknown): string | null {
  if (typeof value !== 'string') return null;
  const text = value.replace(/[\p{Cc}\p{Cf}\p{Zl}\p{Zp}]+/gu, ' ').trim();
  return text === '' || text.length > 250 ? null : text;
}

/** Longer than any URL that works everywhere: it is stored together with the token, which must not fail for it. */
const LONGEST_ISSUER = 2000;

/** @returns null where the claims name nobody */
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

/** Clocks differ; in seconds. */
const SKEW = 120;

const originOf = (address: string): string | undefined =>
  /^https?:\/\/[^/?#]+/i.exec(address)?.[0].toLowerCase();

function isIssuer(issuer: string, { issuer: expected, authorizationEndpoint }: ExpectedIdToken): boolean {
  if (expected) return issuer === expected;
  // Google names itself without a scheme in old answers.
  const origin = originOf(issuer) ?? originOf(`https://${issuer}`);
  return origin !== undefined && origin === originOf(authorizationEndpoint);
}

export type IdTokenVerdict =
  /** It says who agreed. */
  | { kind: 'good'; identity: Identity }
  /** Made for somebody else or for another request: the whole answer is not to be trusted. */
  | { kind: 'forged'; claim: 'aud' | 'nonce' | 'iss' }
  /** It says nothing that could be relied on, which is no reason to refuse the token beside it. */
  | { kind: 'useless'; claim: string };

/**
 * Judges the claims of an ID token that came with the answer of the token endpoint (OpenID Connect Core §3.1.3.7;
 * point 6 allows to leave out its signature there). What is wrong is told from what is only missing or late, because a
 * good token must not be lost to a clock that goes wrong or a provider that leaves out the nonce.
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

const same = (a: string, b: string | null): boolean =>
  b !== null && a.trim().toLowerCase() === b.trim().toLowerCase();

const isAddress = (text: string | null): boolean => text?.includes('@') ?? false;

/**
 * Does the token belong to the mailbox that signs in with it?
 * @returns unknown: the provider said nothing that a log-in could be compared with
 */
export function compareMailbox(identity: Identity, login: string): 'same' | 'other' | 'unknown' {
  const names = [identity.login, identity.email, identity.subject];
  if (names.some((name) => same(login, name))) return 'same';
  return isAddress(identity.login) || isAddress(identity.email) || isAddress(identity.subject)
    ? 'other'
    : 'unknown';
}

/** The one name that an admin recognises. */
export const nameOf = ({ login, email, subject }: Identity): string => login ?? email ?? subject;
