import type { TokenConfigDocument } from '../plugin/domain/configuration/token-config.js';
import { endOfString, flattenDeep, restoreDeep } from '../plugin/lib/deep-json.js';
import { isRecord } from '../plugin/lib/is-record.js';
import { createDocumentReader } from './document-parts.js';

const NUMBER = /-?\d+(?:\.\d+)?(?:[eE][+-]?\d+)?/y;

/**
 * Parses column `config`. A number with more digits than a JavaScript number can keep becomes a text with the
 * same digits, which is the same for Perl. Parts that are nested too deeply stay text
 * (plugin/lib/deep-json.ts). Anything that is not a JSON object, which the helpdesk shows as empty, becomes
 * {}. Equal documents, and equal parts of documents, are one frozen object (document-parts.ts).
 */
export function parseDocument(json: string): TokenConfigDocument {
  try {
    // Hardly any document has a deep part, and searching is far cheaper than replacing.
    const flat = flattenDeep(json);
    const value = (flat === json ? readShared(json) : null) ?? parseFlat(flat);
    return isRecord(value) ? (value as TokenConfigDocument) : {};
  } catch {
    return {};
  }
}

/** @throws SyntaxError */
function parseFlat(flat: string): unknown {
  const safe = /\d{16}/.test(flat) ? quoteLongNumbers(flat) : flat;
  const value: unknown = JSON.parse(safe);
  if (/toString|valueOf|\\u/.test(safe)) makeReadable(value);
  return value;
}

const readShared = createDocumentReader(parseFlat);

/** A key `toString` would make `String(…)` throw. The documents are shallow here. */
function makeReadable(value: unknown): void {
  if (typeof value !== 'object' || value === null) return;
  if (Object.hasOwn(value, 'toString') || Object.hasOwn(value, 'valueOf'))
    Object.defineProperty(value, Symbol.toPrimitive, { value: () => '' });
  for (const inner of Object.values(value)) makeReadable(inner);
}

/** Converts numbers with more digits than a JavaScript number can keep to texts. */
function quoteLongNumbers(json: string): string {
  let done = 0;
  let quoted = '';
  for (let at = 0; at < json.length; at++) {
    const code = json.charCodeAt(at);
    if (code === 0x22) at = endOfString(json, at);
    else if (code === 0x2d || (code >= 0x30 && code <= 0x39)) {
      NUMBER.lastIndex = at;
      const [number = '-'] = NUMBER.exec(json) ?? [];
      if (!keeps(number)) {
        quoted += `${json.slice(done, at)}"${number}"`;
        done = at + number.length;
      }
      at += number.length - 1;
    }
  }
  return done === 0 ? json : quoted + json.slice(done);
}

const keeps = (number: string): boolean => number.replace(/\D/g, '').length <= 15;

/** Writes JSON that the helpdesk's Perl can read. Escapes the line separators as the helpdesk does. */
export function writeDocument(document: TokenConfigDocument): string {
  return restoreDeep(JSON.stringify(document))
    .replaceAll('\u2028', '\\u2028')
    .replaceAll('\u2029', '\\u2029');
}

/**
 * Compares the content and ignores the order of keys, because the helpdesk's Perl writes them in any order.
 */
export function sameDocument(a: unknown, b: unknown): boolean {
  return JSON.stringify(sorted(a)) === JSON.stringify(sorted(b));
}

function sorted(value: unknown): unknown {
  if (Array.isArray(value)) return value.map(sorted);
  if (typeof value !== 'object' || value === null) return value;
  return Object.entries(value)
    .filter(([, inner]) => inner !== undefined)
    .sort(([a], [b]) => (a < b ? -1 : a > b ? 1 : 0))
    .map(([key, inner]) => [key, sorted(inner)]);
}
