import { REQUEST_VARIABLES, RESPONSE_VARIABLES, type TokenConfigDocument } from './token-config.js';

/** Names of keys whose values are secrets, wherever in a document they stand. */
const SECRET = /secret|passw(or)?d|assertion|api_?key|private_?key/i;
const VARIABLES: readonly unknown[] = [...REQUEST_VARIABLES, ...RESPONSE_VARIABLES];

const isMap = (value: unknown): value is Record<string, unknown> =>
  typeof value === 'object' && value !== null && !Array.isArray(value);

/**
 * Is it a secret that stands there? `client_secret: ClientSecret` of a mapping only names a variable, and the date when
 * a secret ends is none.
 */
export const isSecret = (key: string, value: unknown): boolean =>
  SECRET.test(key) && !/(Date|Ends|Expires|ExpiresAt|ExpiresOn)$/.test(key) && !VARIABLES.includes(value);

/** The document without its secrets: what may be handed on. */
export function withoutSecrets(document: TokenConfigDocument): TokenConfigDocument {
  const clean = (value: unknown): unknown => {
    if (Array.isArray(value)) return value.map(clean);
    if (!isMap(value)) return value;
    const kept = Object.entries(value).filter(([key, inner]) => isMap(inner) || !isSecret(key, inner));
    return Object.fromEntries(kept.map(([key, inner]) => [key, clean(inner)]));
  };
  return clean(document) as TokenConfigDocument;
}

/** The document with those secrets of the stored one that it leaves out or has empty. */
export function keepSecrets(document: TokenConfigDocument, stored: TokenConfigDocument): TokenConfigDocument {
  const merge = (next: Record<string, unknown>, old: Record<string, unknown>): Record<string, unknown> => {
    const merged = { ...next };
    for (const [key, value] of Object.entries(old)) {
      const own = next[key];
      if (isMap(value)) {
        // A part that is gone on purpose takes its secrets along.
        if (isMap(own)) merged[key] = merge(own, value);
      } else if (isSecret(key, value) && (own === undefined || own === null || own === ''))
        merged[key] = value;
    }
    return merged;
  };
  return merge(document, stored) as TokenConfigDocument;
}
