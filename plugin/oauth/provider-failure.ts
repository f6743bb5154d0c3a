import { classify, ProviderError, type ProviderFailure } from '../domain/provider/provider-error.js';
import { asText } from '../domain/token/read-answer.js';
import { SidecarError } from '../errors.js';
import { echoFinder } from '../lib/echo.js';
import { TimeOut } from '../lib/in-time.js';
import { isRecord } from '../lib/is-record.js';

/** The largest answer that is read, in bytes. */
export const MAX_ANSWER = 1024 * 1024;

const MAX_TEXT = 500;
/** `error` is one word (RFC 6749 §5.2), and in some schemas its column has 250 characters. */
const MAX_ERROR = 100;

/** How many consecutive characters of a secret are hidden, in any encoding; ordinary words are shorter. */
const PIECE = 12;
const HIDDEN = '[hidden]';

/**
 * Makes a text of the provider safe to store and show: one short line without direction marks and without the
 * values that we sent, not even in part or in another encoding. URLs among those values, such as the redirect
 * URI, are hidden only as a whole, because helpful URLs begin the same way.
 */
export function sanitize(text: string, secrets: string[], limit = MAX_TEXT): string {
  let safe = text;
  for (const secret of secrets.filter((value) => value.length > 3))
    safe = safe.replaceAll(secret, HIDDEN).replaceAll(encodeURIComponent(secret), HIDDEN);
  // Longer than what is shown, so that a word at the end is checked as a whole.
  safe = safe
    .replace(/[\p{Cc}\p{Cf}\p{Zl}\p{Zp}]+/gu, ' ')
    .trim()
    .slice(0, 2 * limit);
  const carries = echoFinder(
    secrets.filter((value) => value.length > 7 && !/^https?:/i.test(value)),
    PIECE,
  );
  safe = safe.replace(/[^\s"']+/g, (word) => (word.length > 7 && carries(word) ? HIDDEN : word));
  // Catches a secret that the provider has split into parts.
  return carries(safe) ? HIDDEN : safe.slice(0, limit);
}

type Headers = Record<string, string | string[] | undefined>;

/** The Boom error that simple-oauth2's HTTP client (Wreck) throws. */
interface BoomLike {
  isBoom: true;
  message: string;
  output?: { statusCode?: number };
  data?: {
    isResponseError?: boolean;
    headers?: Headers;
    payload?: unknown;
    /** The answer whose body is not readable JSON. */
    res?: { statusCode?: number; headers?: Headers; socket?: { bytesRead?: number } | null };
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
  return isRecord(payload) ? payload : {};
}

function retryAfter(value: string | string[] | undefined, now: Date): number | null {
  const text = String(value ?? '').trim();
  if (/^\d{1,6}$/.test(text)) return Number(text);
  const date = Date.parse(text);
  return Number.isNaN(date) ? null : Math.max(0, Math.round((date - now.getTime()) / 1000));
}

/** Converts an OAuth2 error object (RFC 6749 §5.2) to a failure; some providers send an object as `error`. */
export function failureOf(
  answer: Record<string, unknown>,
  status: number,
  secrets: string[],
): ProviderFailure {
  const error = sanitize(typeof answer.error === 'string' ? answer.error : '', secrets, MAX_ERROR);
  const description = sanitize(asText(answer.error_description) ?? '', secrets);
  const codes = sanitize(
    [answer.error_codes, answer.error_subtype].map((value) => asText(value) ?? '').join(' '),
    secrets,
    MAX_ERROR,
  );
  const outcome = classify(error, status, { description, codes });
  return {
    outcome,
    error: error || (outcome === 'invalid-answer' ? 'invalid_answer' : `http_${status}`),
    description,
    status,
    retryAfter: null,
    codes,
  };
}

/** The provider sent no valid answer. If the status says success, the tokens it granted may be lost. */
const invalidAnswer = (status: number | null = null) =>
  new ProviderError({
    outcome: 'invalid-answer',
    error: 'invalid_answer',
    status,
    ...(status === null || (status >= 200 && status < 300) ? { lost: 'incomplete' as const } : {}),
  });
const timeout = () => new ProviderError({ outcome: 'transient', error: 'timeout', lost: 'timeout' });

/**
 * With these codes the request has not reached the provider: name, address, connection or certificate failed.
 */
const NOT_SENT =
  /^(ECONNREFUSED|ENOTFOUND|EAI_\w+|EHOSTUNREACH|ENETUNREACH|EHOSTDOWN|ETIMEDOUT|EPROTO|CERT_\w+|DEPTH_ZERO_\w+|SELF_SIGNED_\w+|UNABLE_\w+|ERR_TLS_\w+|ERR_SSL_\w+)$/;

/** The connection failed, before or after the request was sent. */
function network(thrown: unknown, lost: 'cut' | 'incomplete' = 'cut'): ProviderError {
  const sent = codesOf(thrown).every((code) => !NOT_SENT.test(code));
  const failure = { outcome: 'transient' as const, error: 'network' };
  return new ProviderError(sent ? { ...failure, lost } : failure);
}

/** Gateways send these where the server behind them did not answer, or not in time. */
const lostBehindGateway = (status: number) =>
  status === 502 || status === 504 ? { lost: 'gateway' as const } : {};

/**
 * Handles an answer that was not JSON, too large, late or cut off. A gateway's HTML page with 5xx or 429 is a
 * passing failure, like any other answer with that status.
 */
function unreadable({ message, data }: BoomLike, now: Date): ProviderError | null {
  const { statusCode: status = 0, headers } = data?.res ?? {};
  if (classify('', status) === 'transient') {
    const wait = retryAfter(headers?.['retry-after'], now);
    return new ProviderError({
      outcome: 'transient',
      error: `http_${status}`,
      status,
      retryAfter: wait,
      ...lostBehindGateway(status),
    });
  }
  // The client reports an answer beyond the limit as cut off, because the client cuts it.
  if ((data?.res?.socket?.bytesRead ?? 0) > MAX_ANSWER) return invalidAnswer(status);
  return /closed prematurely|stream error/i.test(message) ? null : invalidAnswer(status);
}

/** This machine is out of descriptors, memory, buffers or ports, or forbids the connection. */
const OWN_FAULTS = new Set([
  'EMFILE',
  'ENFILE',
  'ENOMEM',
  'EAI_MEMORY',
  'ENOBUFS',
  'EADDRNOTAVAIL',
  'EPERM',
  'EACCES',
]);

interface Nested {
  code?: unknown;
  data?: unknown;
  cause?: unknown;
  errors?: unknown[];
}

/** The codes of an error and of those inside it: the client's wrapper, or several addresses tried at once. */
function codesOf(error: unknown, depth = 4): string[] {
  if (typeof error !== 'object' || error === null || depth === 0) return [];
  const { code, data, cause, errors = [] } = error as Nested;
  const inner = [data, cause, ...(Array.isArray(errors) ? errors : [])];
  return [typeof code === 'string' ? [code] : [], inner.flatMap((each) => codesOf(each, depth - 1))].flat();
}

/** Detects a fault of this machine, which must not count against the provider; null for other faults. */
function ownFault(thrown: unknown): SidecarError | null {
  if (thrown instanceof SidecarError) return thrown;
  if (thrown instanceof RangeError) return new SidecarError('internal', { log: 'token request: no memory' });
  const code = codesOf(thrown).find((each) => OWN_FAULTS.has(each));
  return code === undefined ? null : new SidecarError('internal', { log: `token request: ${code}` });
}

/**
 * Converts what the request threw to a ProviderError, or to a SidecarError if this machine is the cause: our
 * own fault must not become a configuration's state.
 */
export function toProviderError(thrown: unknown, secrets: string[], now: Date): ProviderError | SidecarError {
  const own = ownFault(thrown);
  if (own) return own;
  if (thrown instanceof TimeOut) return timeout();
  if (!isBoom(thrown)) {
    // Connection faults carry a code. Without one, the library failed on an answer that is not an object.
    return typeof (thrown as { code?: unknown } | null)?.code === 'string'
      ? network(thrown)
      : invalidAnswer();
  }
  const status = thrown.output?.statusCode ?? 0;
  if (thrown.data?.isResponseError) {
    const failure = failureOf(jsonOf(thrown.data.payload), status, secrets);
    const wait = retryAfter(thrown.data.headers?.['retry-after'], now);
    return new ProviderError({ ...failure, retryAfter: wait, ...lostBehindGateway(status) });
  }
  if (thrown.data?.res) return unreadable(thrown, now) ?? network(thrown, 'incomplete');
  return /redirection/i.test(thrown.message) ? invalidAnswer(302) : network(thrown);
}
