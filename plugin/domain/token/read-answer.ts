import type { RequestKind, ResponseVariable, TokenConfigDocument } from '../configuration/token-config.js';
import { ProviderError } from '../provider/provider-error.js';
import type { TokenAnswer } from './token.js';

/** Lifetimes beyond ten years, or none at all, are faults of the answer rather than dates. */
const MAX_SECONDS = 10 * 365 * 86_400;

/** Lists within lists that are still joined. */
const MAX_DEPTH = 4;

/** A value of the answer as text; arrays are joined as the helpdesk joins them. '' for what is nested too deeply. */
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

/** The standard's names (RFC 6749 §5.1), for what a mapping leaves out. */
const STANDARD: Partial<Record<ResponseVariable, string>> = {
  Token: 'access_token',
  TokenExpirationDate: 'expires_in',
  RefreshToken: 'refresh_token',
  RefreshTokenExpirationDate: 'refresh_token_expires_in',
};

/**
 * Names of the answer by variable: the document's ParametersMapping turned round, or the standard's name where it has
 * none. The helpdesk's own Google template maps no refresh_token for a renewal: a rotated one would be lost.
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
    retryAfter: null,
    codes: '',
    lost: 'incomplete',
  });

/**
 * A lifetime that is no number, negative or absurd counts as absent: an answer with a good token (and perhaps the only
 * successor of a rotated refresh token) must not be thrown away for it.
 */
function dateOf(value: unknown, now: Date): Date | undefined {
  if (typeof value !== 'number' && typeof value !== 'string') return undefined;
  const seconds = Number(value);
  if (String(value).trim() === '' || !(seconds >= 1 && seconds <= MAX_SECONDS)) return undefined;
  return new Date(now.getTime() + Math.floor(seconds) * 1000);
}

/** Printable ASCII (RFC 6749 appendix A.12 and A.17): nothing else can be a token. */
function tokenOf(value: unknown): string | undefined {
  const text = typeof value === 'string' ? value.trim() : '';
  return /^[\x20-\x7e]+$/.test(text) ? text : undefined;
}

/**
 * Reads a success (RFC 6749 §5.1) by the document's ParametersMapping. What is not in the answer stays as stored.
 * @param now when the request was sent: lifetimes count from there, so a slow answer never lives too long
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
  };
}
