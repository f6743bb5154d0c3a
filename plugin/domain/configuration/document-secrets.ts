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

const isMap = (value: unknown): value is Record<string, unknown> =>
  typeof value === 'object' && value !== null && !Array.isArray(value);

/** Is the value a secret? `client_secret: ClientSecret` in a mapping only names a variable. */
export const isSecret = (key: string, value: unknown): boolean =>
  isSecretValue(value) ||
  (isSecretName(key) && !VARIABLES.includes(value) && !(isMap(value) && PARTS.includes(key)));

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

/** The document without its secrets, to be shown or passed on. */
export function withoutSecrets(document: TokenConfigDocument): TokenConfigDocument {
  const clean = (value: unknown): unknown => {
    if (Array.isArray(value)) return value.filter((item) => !isSecretValue(item)).map(clean);
    if (!isMap(value)) return shownValue(value);
    const kept = Object.entries(value).filter(([key, inner]) => !isSecret(key, inner));
    return Object.fromEntries(kept.map(([key, inner]) => [key, clean(inner)]));
  };
  return clean(document) as TokenConfigDocument;
}

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
      } else if (isMap(value)) {
        // A part that was removed on purpose takes its secrets with it.
        if (isMap(own)) merged[key] = merge(own, value);
      } else if (own !== undefined && own === shownValue(value)) merged[key] = value;
    }
    return merged;
  };
  return merge(document, stored) as TokenConfigDocument;
}
