import { isRecord } from '../../lib/is-record.js';
import { isSecretName, isSecretValue } from '../../lib/secret-names.js';
import {
  REQUEST_KINDS,
  REQUEST_VARIABLES,
  RESPONSE_VARIABLES,
  type TokenConfigDocument,
} from './token-config.js';

const VARIABLES: readonly unknown[] = [...REQUEST_VARIABLES, ...RESPONSE_VARIABLES];
/** Parts of a document that have the name of a secret, such as TokenByRefreshToken. */
const PARTS: readonly string[] = REQUEST_KINDS;

/** Is the value a secret? `client_secret: ClientSecret` in a mapping only names a variable. */
export const isSecret = (key: string, value: unknown): boolean =>
  isSecretValue(value) ||
  (isSecretName(key) && !VARIABLES.includes(value) && !(isRecord(value) && PARTS.includes(key)));

/**
 * Removes `USER:PASSWORD@` and parameters such as `client_secret=…` from a URL. Uses no URL parser, because
 * the domain knows no platform.
 */
function addressWithoutSecrets(text: string): string {
  if (!/^https?:\/\//i.test(text)) return text;
  const [, before = '', mark = '', query = '', fragment = ''] =
    /^([^?#]*)(\??)([^#]*)(.*)$/s.exec(text) ?? [];
  const kept = query.split('&').filter((pair) => !isSecretName(decoded(pair.split('=')[0] ?? '')));
  const sign = kept.length > 0 && query !== '' ? mark : '';
  return `${before.replace(/^(https?:\/\/)[^/@]*@/i, '$1')}${sign}${kept.join('&')}${fragment}`;
}

function decoded(name: string): string {
  try {
    return decodeURIComponent(name.replaceAll('+', ' '));
  } catch {
    return name;
  }
}

/** A value as it may be shown: URLs without the secrets in them. */
export const shownValue = <T>(value: T): T | string =>
  typeof value === 'string' ? addressWithoutSecrets(value) : value;

function cleaned(value: unknown): unknown {
  if (Array.isArray(value)) return value.filter((item) => !isSecretValue(item)).map(cleaned);
  return isRecord(value) ? cleanedMap(value, cleaned) : shownValue(value);
}

function cleanedMap(map: Record<string, unknown>, clean: (inner: unknown) => unknown) {
  const kept: Record<string, unknown> = {};
  for (const [key, inner] of Object.entries(map)) if (!isSecret(key, inner)) define(kept, key, clean(inner));
  return kept;
}

/** Works for a key such as `__proto__`, too. */
const define = (map: Record<string, unknown>, key: string, value: unknown): void => {
  if (key !== '__proto__') map[key] = value;
  else Object.defineProperty(map, key, { value, writable: true, enumerable: true, configurable: true });
};

/** A map or list of a document, without its secrets. */
export const partWithoutSecrets = (part: object): unknown => cleaned(part);

/**
 * The document without its secrets, to be shown or passed on.
 * @param ofPart returns what `partWithoutSecrets` returns for a part of the first level; for callers that
 *   cache it
 */
export const withoutSecrets = (
  document: TokenConfigDocument,
  ofPart: (part: object) => unknown = partWithoutSecrets,
): TokenConfigDocument =>
  cleanedMap(document, (inner) =>
    typeof inner === 'object' && inner !== null ? ofPart(inner) : cleaned(inner),
  );

/**
 * Takes over the stored document's secrets that the new one omits or leaves empty. A URL that equals the
 * stored one without its secrets is replaced by the stored one.
 */
export function keepSecrets(document: TokenConfigDocument, stored: TokenConfigDocument): TokenConfigDocument {
  const merge = (next: Record<string, unknown>, old: Record<string, unknown>): Record<string, unknown> => {
    const merged = { ...next };
    for (const [key, value] of Object.entries(old)) {
      const own = next[key];
      if (isSecret(key, value)) {
        if (own === undefined || own === null || own === '') merged[key] = value;
      } else if (isRecord(value)) {
        // A part that was removed on purpose takes its secrets with it.
        if (isRecord(own)) merged[key] = merge(own, value);
      } else if (own !== undefined && own === shownValue(value)) merged[key] = value;
    }
    return merged;
  };
  return merge(document, stored) as TokenConfigDocument;
}
