import { ProviderError } from './provider-error.js';
import type { TokenAnswer } from './token.js';
import type { RequestKind, ResponseVariable, TokenConfigDocument } from './token-config.js';

/** Lifetimes beyond ten years, or none at all, are faults of the answer rather than dates. */
const MAX_SECONDS = 10 * 365 * 86_400;

/** A value of the answer as text; arrays are joined as the helpdesk joins them. */
export function asText(value: unknown): string | undefined {
  if (value === null || value === undefined) return undefined;
  if (Array.isArray(value)) return value.map((item) => asText(item) ?? '').join(', ');
  return typeof value === 'object' ? JSON.stringify(value) : String(value);
}

/** Names of the answer by variable: the document's ParametersMapping turned round. */
export function namesFor(
  document: TokenConfigDocument,
  kind: RequestKind,
  variable: ResponseVariable,
): string[] {
  const mapping = document.Requests?.[kind]?.Response?.ParametersMapping ?? {};
  return Object.entries(mapping)
    .filter(([, mapped]) => mapped === variable)
    .map(([name]) => name);
}

const invalid = (description: string) =>
  new ProviderError({
    outcome: 'invalid-answer',
    error: 'invalid_answer',
    description,
    status: 200,
    retryAfter: null,
    codes: '',
  });

function dateOf(value: string | undefined, now: Date): Date | undefined {
  if (value === undefined) return undefined;
  const seconds = Number(value);
  if (value.trim() === '' || !Number.isFinite(seconds) || seconds < 0 || seconds > MAX_SECONDS) {
    throw invalid('The lifetime of a token is not a number of seconds.');
  }
  return seconds === 0 ? undefined : new Date(now.getTime() + seconds * 1000);
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
  const value = (variable: ResponseVariable) =>
    namesFor(document, kind, variable)
      .map((name) => (Object.hasOwn(answer, name) ? asText(answer[name]) : undefined))
      .find((text) => text !== undefined && text !== '');
  const accessToken = value('Token');
  if (!accessToken) throw invalid('The answer holds no access token.');
  const refreshToken = value('RefreshToken');
  const expires = dateOf(value('TokenExpirationDate'), now);
  const refreshExpires = dateOf(value('RefreshTokenExpirationDate'), now);
  return {
    accessToken,
    ...(refreshToken ? { refreshToken } : {}),
    ...(expires ? { accessTokenExpiresAt: expires } : {}),
    ...(refreshExpires ? { refreshTokenExpiresAt: refreshExpires } : {}),
  };
}
