import type { RequestKind, ResponseVariable, TokenConfigDocument } from '../configuration/token-config.js';
import { missingScopes, namesScopes } from '../consent/granted-scopes.js';
import { ProviderError } from '../provider/provider-error.js';
import type { TokenAnswer } from './token.js';

/** Lifetimes of more than ten years, or less than a second, are faults of the answer and not dates. */
const MAX_SECONDS = 10 * 365 * 86_400;

/** How deeply nested lists are still joined. */
const MAX_DEPTH = 4;

/**
 * A value of the answer as text; arrays are joined as the helpdesk joins them. '' if it is nested too deeply.
 */
export function asText(value: unknown, depth = 0): string | undefined {
  if (value === null || value === undefined) return undefined;
  if (typeof value !== 'object') return String(value);
  if (depth > MAX_DEPTH) return '';
  if (Array.isArray(value)) return value.map((item) => asText(item, depth + 1) ?? '').join(', ');
  try {
    return JSON.stringify(value);
  } catch {
    return '';
  }
}

/** The standard's names (RFC 6749 §5.1), for variables that a mapping omits. */
const STANDARD: Partial<Record<ResponseVariable, string>> = {
  Token: 'access_token',
  TokenExpirationDate: 'expires_in',
  RefreshToken: 'refresh_token',
  RefreshTokenExpirationDate: 'refresh_token_expires_in',
};

/**
 * The answer's parameter names for a variable, from the document's ParametersMapping, or else the standard's
 * name. The helpdesk's own Google template maps no refresh_token for a renewal: a rotated one would be lost.
 */
function namesFor(document: TokenConfigDocument, kind: RequestKind, variable: ResponseVariable): string[] {
  const mapping = document.Requests?.[kind]?.Response?.ParametersMapping ?? {};
  const names = Object.entries(mapping)
    .filter(([, mapped]) => mapped === variable)
    .map(([name]) => name);
  const standard = STANDARD[variable];
  return names.length > 0 || standard === undefined ? names : [standard];
}

const invalid = (description: string) =>
  new ProviderError({
    outcome: 'invalid-answer',
    error: 'invalid_answer',
    description,
    status: 200,
    lost: 'incomplete',
  });

/**
 * Reads a lifetime. One that is not a number, negative or absurd counts as missing: an answer with a good
 * token (and perhaps the only successor of a rotated refresh token) must not be discarded because of it.
 */
function dateOf(value: unknown, now: Date): Date | undefined {
  if (typeof value !== 'number' && typeof value !== 'string') return undefined;
  const seconds = Number(value);
  if (String(value).trim() === '' || !(seconds >= 1 && seconds <= MAX_SECONDS)) return undefined;
  return new Date(now.getTime() + Math.floor(seconds) * 1000);
}

/** A token must be printable ASCII (RFC 6749 appendix A.12 and A.17). */
function tokenOf(value: unknown): string | undefined {
  const text = typeof value === 'string' ? value.trim() : '';
  return /^[\x20-\x7e]+$/.test(text) ? text : undefined;
}

/**
 * Reads a success (RFC 6749 §5.1) with the document's ParametersMapping. What the answer does not contain
 * stays as stored.
 * @param now when the request was sent: lifetimes count from then, so a slow answer never makes a token live
 *   too long
 * @throws ProviderError invalid-answer without an access token
 */
export function readAnswer(
  document: TokenConfigDocument,
  kind: RequestKind,
  answer: Record<string, unknown>,
  now: Date,
): TokenAnswer & { accessToken: string } {
  const value = <T>(variable: ResponseVariable, read: (found: unknown) => T | undefined): T | undefined =>
    namesFor(document, kind, variable)
      .map((name) => (Object.hasOwn(answer, name) ? read(answer[name]) : undefined))
      .find((found) => found !== undefined);
  const accessToken = value('Token', tokenOf);
  if (!accessToken) throw invalid('The answer holds no access token.');
  const refreshToken = value('RefreshToken', tokenOf);
  const expires = value('TokenExpirationDate', (found) => dateOf(found, now));
  const refreshExpires = value('RefreshTokenExpirationDate', (found) => dateOf(found, now));
  return {
    accessToken,
    ...(refreshToken ? { refreshToken } : {}),
    ...(expires ? { accessTokenExpiresAt: expires } : {}),
    ...(refreshExpires ? { refreshTokenExpiresAt: refreshExpires } : {}),
    // RFC 6749 §5.1: without `scope`, everything was granted, and on renewal (§6) the same as before.
    ...(namesScopes(answer.scope) ? { missingScopes: missingScopes(document, answer.scope) } : {}),
  };
}
