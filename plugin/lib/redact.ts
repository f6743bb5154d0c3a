import { REMOVED, scrub } from './scrub.js';
import { isSecretName, isSecretValue } from './secret-names.js';

/**
 * `code` is a secret (RFC 6749 §4.1.2) unless it is clearly an error code: `grant-dead`, `internal`,
 * `ECONNRESET`, `ER_DUP_ENTRY`.
 */
const ERROR_CODE =
  /^(?:[a-z]{3,20}(?:-[a-z]{2,20}){1,5}|internal|E[A-Z]{3,20}|E[A-Z]*(?:_[A-Z]{2,20}){1,8})$/;

const MAX_DEPTH = 8;

function isSecret(key: string, value: unknown): boolean {
  if (key.toLowerCase() === 'code')
    return typeof value === 'string' ? !ERROR_CODE.test(value) : typeof value === 'object';
  return isSecretName(key) || isSecretValue(value);
}

/**
 * Copies a value for a log: replaces secret keys at any depth, scrubs texts, and reduces errors to class,
 * code and stack frames. Cycles and parts below the depth limit become a word.
 */
export function redact(value: unknown, seen: ReadonlySet<object> = new Set()): unknown {
  if (typeof value === 'string') return scrub(value);
  if (typeof value === 'bigint') return String(value);
  if (typeof value !== 'object' || value === null) return value;
  if (seen.has(value)) return '[circular]';
  if (seen.size >= MAX_DEPTH) return '[deep]';
  if (value instanceof Date) return Number.isNaN(value.getTime()) ? null : value.toISOString();
  if (Buffer.isBuffer(value)) return `[${value.length} bytes]`;
  const inside = new Set(seen).add(value);
  if (value instanceof Error) return describeError(value, inside);
  if (Array.isArray(value)) return value.map((item) => redact(item, inside));
  const entries =
    value instanceof Map ? [...value].map(([key, item]) => [String(key), item]) : Object.entries(value);
  return Object.fromEntries(
    entries.map(([key, item]) => [
      key,
      item !== null && item !== undefined && isSecret(String(key), item) ? REMOVED : redact(item, inside),
    ]),
  );
}

/**
 * An error's other properties are left out: HTTP and database clients attach requests and queries to them.
 */
function describeError(error: Error, seen: ReadonlySet<object>): Record<string, unknown> {
  const { code } = error as { code?: unknown };
  const frames = error.stack?.split('\n').filter((line) => /^\s+at /.test(line)) ?? [];
  return {
    type: error.name,
    message: scrub(error.message),
    ...(typeof code === 'string' && ERROR_CODE.test(code) ? { code } : {}),
    at: frames.slice(0, 5).map((line) => line.trim()),
    ...(error.cause === undefined ? {} : { cause: redact(error.cause, seen) }),
  };
}
