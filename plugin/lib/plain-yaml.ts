import type { SharedParts } from './shared-parts.js';

/**
 * Writes YAML of simple values, byte for byte like the `yaml` library in the format of an export
 * (usecases/write-token-config-yaml.ts), in a twentieth of the time, because the library builds a tree of
 * nodes for each value. If the result is not certain, the library writes it.
 */

/** YAML 1.1 reads most spellings of these as booleans, null or (`e5`) numbers. */
const WORDS = /^(?:y|n|yes|no|true|false|on|off|null|e[-+]?\d+)$/i;
/**
 * Starts with a letter; no `: ` or ` #` inside, no space or colon at the end. ASCII, so it contains no
 * control characters of a terminal.
 */
const PLAIN = /^[A-Za-z](?:[!-9;-~]|:(?=[!-~])| (?=[!-"$-~]))*$/;
/** The same for other scripts, without colons. */
const PLAIN_UNICODE = /^\p{L}(?:[\p{L}\p{M}\p{N}!-9;-~]| (?=[\p{L}\p{M}\p{N}!-"$-~]))*$/u;
const WITH_DIGITS = /^\d[\w.~@-]*$/;
/** Letters that occur in no number and no date of YAML. */
const NO_NUMBER = /[G-NP-SU-WYg-np-su-wy]/;
const UUID = /^[\da-f]{8}(?:-[\da-f]{4}){3}-[\da-f]{12}$/;
/** A date as the helpdesk writes it. YAML 1.1 has a type for dates, so a text of this form is quoted. */
const DATE = /^\d{4}-\d\d-\d\d \d\d:\d\d:\d\d$/;
const KEY = /^[A-Za-z_][\w.-]{0,200}$/;

export interface PlainYamlOptions {
  /**
   * Writes one text with the library.
   * @returns null if its form depends on its place. Default: always null
   */
  library?: (text: string) => string | null;
  /** Parts that many values share; each is written once. */
  shared?: SharedParts | undefined;
}

/** The indentation of the third level, where the shared parts are. */
const PART = '      ';

type Library = NonNullable<PlainYamlOptions['library']>;

function scalar(value: unknown, library: Library): string | null {
  if (value === null) return 'null';
  if (typeof value === 'string') {
    if (value === '') return '""';
    if (PLAIN.test(value)) return WORDS.test(value) ? library(value) : value;
    if (DATE.test(value)) return `"${value}"`;
    const isText = UUID.test(value) || (WITH_DIGITS.test(value) && NO_NUMBER.test(value));
    return isText || PLAIN_UNICODE.test(value) ? value : library(value);
  }
  if (typeof value === 'boolean') return String(value);
  return Number.isSafeInteger(value) && !Object.is(value, -0) ? String(value) : null;
}

/**
 * The mark before each value of a list or map: `-`, or the key with a colon; null if the library must write
 * it.
 */
function entriesOf(value: object): [mark: string, inner: unknown][] | null {
  if (Array.isArray(value)) return value.map((inner) => ['-', inner]);
  const entries: [string, unknown][] = [];
  for (const key of Object.keys(value).sort()) {
    if (!KEY.test(key) || WORDS.test(key)) return null;
    entries.push([`${key}:`, (value as Record<string, unknown>)[key]]);
  }
  return entries;
}

/**
 * @param value JSON; keys are sorted
 * @returns a function that writes a list of values; it returns null if the library must write all of them
 */
export function createPlainYaml({ library = () => null, shared }: PlainYamlOptions = {}) {
  const writePart = (value: object) => lines(value, PART);
  const part = shared?.remembering(writePart) ?? writePart;

  /** Writes lines with their line ends; the first one continues a line and has no indentation. */
  function lines(value: object, indent: string): string | null {
    const entries = entriesOf(value);
    if (!entries) return null;
    if (entries.length === 0) return Array.isArray(value) ? '[]\n' : '{}\n';
    const deeper = `${indent}  `;
    let text = '';
    for (const [mark, inner] of entries) {
      const isBlock = typeof inner === 'object' && inner !== null;
      const written = isBlock ? block(inner, deeper) : scalar(inner, library);
      if (written === null) return null;
      // The values of a list, and empty values, follow on the same line.
      const isBelow = isBlock && mark !== '-' && written !== '[]\n' && written !== '{}\n';
      text += `${text === '' ? '' : indent}${mark}${isBelow ? `\n${deeper}` : ' '}${written}${isBlock ? '' : '\n'}`;
    }
    return text;
  }

  const block = (value: object, indent: string) => (indent === PART ? part(value) : lines(value, indent));

  return (values: unknown[]): string | null => block(values, '');
}
