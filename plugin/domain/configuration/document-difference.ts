import { isRecord } from '../../lib/is-record.js';
import { isSecret, shownValue } from './document-secrets.js';
import type { TokenConfigDocument } from './token-config.js';

/** One key that differs. Values are readable texts; the values of secrets are left out. */
export interface Difference {
  /** `Requests.TokenByRefreshToken.Request.URL` */
  key: string;
  kind: 'added' | 'changed' | 'removed';
  /** Its values are left out. */
  secret: boolean;
  /** '' if there was no value. */
  before: string;
  /** '' if there will be no value. */
  after: string;
}

type Leaf = { value: string; secret: boolean };

/**
 * Collects the values by key. Like Perl, does not distinguish 1 from "1", or a missing value from an empty
 * one.
 */
function leaves(value: unknown, path: string, key: string, found: Map<string, Leaf>): Map<string, Leaf> {
  const inside = (name: string) => (path === '' ? name : `${path}.${name}`);
  if (path !== '' && isRecord(value) && isSecret(key, value))
    found.set(path, { value: JSON.stringify(value), secret: true });
  else if (isRecord(value))
    for (const [name, inner] of Object.entries(value)) leaves(inner, inside(name), name, found);
  else if (Array.isArray(value))
    value.forEach((inner, at) => {
      leaves(inner, `${path}[${at + 1}]`, key, found);
    });
  else found.set(path, { value: String(value ?? ''), secret: isSecret(key, value) });
  return found;
}

/** The differences between two documents, ordered by key; empty if they mean the same to the helpdesk. */
export function documentDifference(before: TokenConfigDocument, after: TokenConfigDocument): Difference[] {
  const old = leaves(before, '', '', new Map());
  const next = leaves(after, '', '', new Map());
  return [...new Set([...old.keys(), ...next.keys()])].sort().flatMap((key): Difference[] => {
    const [left, right] = [old.get(key), next.get(key)];
    const [before, after] = [left?.value ?? '', right?.value ?? ''];
    if (before === after) return [];
    const kind = before === '' ? 'added' : after === '' ? 'removed' : 'changed';
    const secret = Boolean(left?.secret || right?.secret);
    const shown = (value: string) => (secret ? '' : shownValue(value));
    return [{ key, kind, secret, before: shown(before), after: shown(after) }];
  });
}
