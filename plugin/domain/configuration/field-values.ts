import { shownValue } from './document-secrets.js';
import { type FieldValues, type FormField, hasValue, isOwnOption, placeOf, storedAt } from './form-field.js';
import { rowsOf } from './request-rows.js';
import { sameScopes } from './scopes.js';
import type { TokenConfigDocument } from './token-config.js';

type Value = FieldValues[keyof FieldValues];

/** The value if the document contains none. */
const defaultOf = ({ kind, isOn }: FormField): string | boolean => (kind === 'switch' ? isOn === true : '');

/** The value of a field in a document. Returns neither a secret nor the secrets within a URL. */
export function readField(field: FormField, document: TokenConfigDocument): Value {
  const { kind, read } = field;
  if (read) return read(document);
  if (kind === 'rows') return rowsOf(document);
  if (kind === 'secret') return '';
  const stored = placeOf(field).length === 0 ? undefined : storedAt(field, document);
  if (kind === 'switch') return Number(stored ?? defaultOf(field)) !== 0;
  const text = String(stored ?? '');
  return kind === 'endpoint' || kind === 'address' ? shownValue(text) : text;
}

/** The stored form of a value. */
function storedFor({ kind }: FormField, value: Value, stored: unknown): unknown {
  switch (kind) {
    case 'switch':
      return value ? 1 : 0;
    case 'scopes': {
      const before = String(stored ?? '');
      return sameScopes(before, String(value)) ? before : value;
    }
    case 'endpoint':
    case 'address':
      // The form shows a URL without the secrets that somebody put into it.
      return stored !== undefined && value === shownValue(stored) ? stored : value;
    default:
      return value;
  }
}

type Part = Record<string, unknown>;

function withValue(part: Part | undefined, [word = '', ...below]: string[], value: unknown): Part {
  const inner = below.length === 0 ? value : withValue(part?.[word] as Part | undefined, below, value);
  return { ...part, [word]: inner };
}

/** Removes our own option that has its default, and the part for options if it is then empty. */
function withoutOption(document: TokenConfigDocument, field: FormField): TokenConfigDocument {
  const { Sidecar: options, ...rest } = document;
  const { [placeOf(field)[1] ?? '']: _default, ...others } = options ?? {};
  return Object.keys(others).length > 0 ? { ...document, Sidecar: others } : rest;
}

/** The document with the value of one field; everything else is unchanged. */
export function writeField(
  document: TokenConfigDocument,
  field: FormField,
  value: Value,
): TokenConfigDocument {
  const place = placeOf(field);
  // `applyRows` writes all `rows` together.
  if (place.length === 0 || !hasValue(field) || field.kind === 'rows') return document;
  if (isOwnOption(field) && value === defaultOf(field)) return withoutOption(document, field);
  const part = storedAt({ ...field, key: `Config.${place.slice(0, -1).join('.')}` }, document);
  // An empty secret keeps the stored one; an empty text creates no part that does not exist.
  if (value === '' && (field.kind === 'secret' || (place.length > 1 && !part))) return document;
  return withValue(document, place, storedFor(field, value, storedAt(field, document)));
}
