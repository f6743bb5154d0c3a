import { remembering } from './shared-parts.js';

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

/**
 * Writes one text with the library.
 * @returns null if its form depends on its place
 */
type Library = (text: string) => string | null;

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

/** How many shapes of maps to remember. */
const MOST_SHAPES = 500;

/**
 * Returns the keys of a map in their order, each with its mark (`key:`); null if the library must write them. Thousands
 * of maps have the same keys.
 */
function createMarks(): (map: object) => (readonly [key: string, mark: string])[] | null {
  const known = new Map<string, (readonly [string, string])[] | null>();
  return (map) => {
    const keys = Object.keys(map);
    // With the count, a key that contains the separator is no key of another shape.
    const shape = `${keys.length}\n${keys.join('\n')}`;
    const before = known.get(shape);
    if (before !== undefined) return before;
    const isPlain = keys.every((key) => KEY.test(key) && !WORDS.test(key));
    const marks = isPlain ? keys.sort().map((key) => [key, `${key}:`] as const) : null;
    if (known.size < MOST_SHAPES) known.set(shape, marks);
    return marks;
  };
}

/**
 * @param library default: always null
 * @returns a function that writes a list of JSON values with sorted keys; it returns null if the library must write
 *   all of them
 */
export function createPlainYaml(library: Library = () => null) {
  const marksOf = createMarks();
  /** By indentation: what documents share is written once. */
  const shared = new Map<string, (value: object) => string | null>();

  /** Writes lines with their line ends; the first one continues a line and has no indentation. */
  function lines(value: object, indent: string): string | null {
    const deeper = `${indent}  `;
    let text = '';
    const add = (mark: string, inner: unknown): boolean => {
      const isBlock = typeof inner === 'object' && inner !== null;
      const written = isBlock ? block(inner, deeper) : scalar(inner, library);
      if (written === null) return false;
      // The values of a list, and empty values, follow on the same line.
      const isBelow = isBlock && mark !== '-' && written !== '[]\n' && written !== '{}\n';
      text += `${text === '' ? '' : indent}${mark}${isBelow ? `\n${deeper}` : ' '}${written}${isBlock ? '' : '\n'}`;
      return true;
    };
    if (Array.isArray(value)) return value.every((inner) => add('-', inner)) ? text || '[]\n' : null;
    const map = value as Record<string, unknown>;
    return marksOf(map)?.every(([key, mark]) => add(mark, map[key])) ? text || '{}\n' : null;
  }

  function block(value: object, indent: string): string | null {
    if (!Object.isFrozen(value)) return lines(value, indent);
    const write = shared.get(indent) ?? remembering((part: object) => lines(part, indent));
    shared.set(indent, write);
    return write(value);
  }

  return (values: unknown[]): string | null => block(values, '');
}
