import { classify, ProviderError, type ProviderFailure } from '../domain/provider-error.js';
import { asText } from '../domain/read-answer.js';

const MAX_TEXT = 500;

/** A text of the provider made safe to store and show: one line, short, without values that we sent. */
export function sanitize(text: string, secrets: string[]): string {
  let safe = text;
  for (const secret of secrets.filter((value) => value.length > 3))
    safe = safe.replaceAll(secret, '[hidden]');
  return safe
    .replace(/\p{Cc}+/gu, ' ')
    .trim()
    .slice(0, MAX_TEXT);
}

/** What the HTTP client of simple-oauth2 (Wreck) throws: a Boom error. */
interface BoomLike {
  isBoom: true;
  message: string;
  output?: { statusCode?: number };
  data?: {
    /** The answer, where there was one, even if its body could not be read as JSON. */
    res?: { statusCode?: number; headers: Record<string, string | string[] | undefined> };
    isResponseError?: boolean;
    headers?: Record<string, string | string[] | undefined>;
    payload?: unknown;
  };
}

const isBoom = (error: unknown): error is BoomLike =>
  error instanceof Error && (error as { isBoom?: unknown }).isBoom === true;

function jsonOf(payload: unknown): Record<string, unknown> {
  if (payload instanceof Uint8Array || typeof payload === 'string') {
    try {
      return jsonOf(JSON.parse(payload.toString()) as unknown);
    } catch {
      return {};
    }
  }
  return typeof payload === 'object' && payload !== null && !Array.isArray(payload)
    ? (payload as Record<string, unknown>)
    : {};
}

function retryAfter(value: string | string[] | undefined, now: Date): number | null {
  const text = String(value ?? '').trim();
  if (/^\d{1,6}$/.test(text)) return Number(text);
  const date = Date.parse(text);
  return Number.isNaN(date) ? null : Math.max(0, Math.round((date - now.getTime()) / 1000));
}

/** An OAuth2 error object (RFC 6749 §5.2) as a failure; `error` may also be an object at careless providers. */
export function failureOf(
  answer: Record<string, unknown>,
  status: number,
  secrets: string[],
): ProviderFailure {
  const error = sanitize(typeof answer.error === 'string' ? answer.error : '', secrets);
  const outcome = classify(error, status);
  return {
    outcome,
    error: error || (outcome === 'invalid-answer' ? 'invalid_answer' : `http_${status}`),
    description: sanitize(asText(answer.error_description) ?? '', secrets),
    status,
    retryAfter: null,
    codes: sanitize(asText(answer.error_codes) ?? '', secrets),
  };
}

/** Turns whatever the request threw into a ProviderError. */
export function toProviderError(thrown: unknown, secrets: string[], now: Date): ProviderError {
  const base = { description: '', status: null, retryAfter: null, codes: '' };
  if (isBoom(thrown)) {
    const status = thrown.output?.statusCode ?? 0;
    if (thrown.data?.isResponseError) {
      const failure = failureOf(jsonOf(thrown.data.payload), status, secrets);
      return new ProviderError({
        ...failure,
        retryAfter: retryAfter(thrown.data.headers?.['retry-after'], now),
      });
    }
    const answered = thrown.data?.res;
    if (answered?.statusCode !== undefined && answered.statusCode >= 400) {
      const failure = failureOf({}, answered.statusCode, secrets);
      return new ProviderError({ ...failure, retryAfter: retryAfter(answered.headers['retry-after'], now) });
    }
    if (status === 504) return new ProviderError({ ...base, outcome: 'transient', error: 'timeout' });
    const refused = /Maximum redirections|maximum allowed size|Payload content|JSON|content-type/i.test(
      thrown.message,
    );
    if (refused || status === 406 || status === 413) {
      return new ProviderError({ ...base, outcome: 'invalid-answer', error: 'invalid_answer' });
    }
  }
  // Faults of the connection come as Boom; anything else is the library stumbling over the answer.
  return isBoom(thrown)
    ? new ProviderError({ ...base, outcome: 'transient', error: 'network' })
    : new ProviderError({ ...base, outcome: 'invalid-answer', error: 'invalid_answer' }, { cause: thrown });
}
