import { SidecarError } from '../errors.js';
import { phrase } from '../lib/phrase.js';

/** An uploaded file of a multipart form. */
export interface UploadedFile {
  name: string;
  content: Buffer;
}

/**
 * The parameters of one request, from the query string and the body. The helpdesk separates the parameters of
 * a query with `;` and `&`; a browser's forms use `&`.
 */
export interface Parameters {
  /**
   * The value of a parameter; undefined if it is missing.
   * @throws SidecarError bad-request if it is given twice with different values
   */
  one(name: string): string | undefined;
  /** All values in order, for the callback, which must see repetitions. */
  every(name: string): string[];
  /** A checkbox: '1' is set, any other value is not. */
  flag(name: string): boolean;
  /**
   * A number from 1, like the helpdesk's IDs.
   * @throws SidecarError bad-request if it is missing or not such a number
   */
  id(name: string): number;
  file(name: string): UploadedFile | undefined;
}

/** The form with the most rows that are accepted has about 600. */
export const MAX_PARAMETERS = 800;
const MAX_VALUE = 64 * 1024;

export type Pair = [name: string, value: string];

const tooMany = () => new SidecarError('bad-request', { log: `More than ${MAX_PARAMETERS} parameters` });

function decode(text: string): string {
  try {
    return decodeURIComponent(text.replaceAll('+', ' '));
  } catch {
    throw new SidecarError('bad-request', { log: 'A parameter is not valid percent-encoded UTF-8' });
  }
}

/**
 * Splits `a=1;b=2` (query strings: `;&`) or `a=1&b=2` (bodies: `&`) into decoded pairs. Stops at the limit,
 * so that text beyond it costs nothing.
 * @throws SidecarError bad-request beyond 800 parameters, and for invalid percent-encoded UTF-8
 */
export function parsePairs(text: string, separators: ';&' | '&'): Pair[] {
  const pairs: Pair[] = [];
  let start = 0;
  for (let at = 0; at <= text.length; at++) {
    if (at < text.length && !separators.includes(text.charAt(at))) continue;
    if (at > start) {
      if (pairs.length === MAX_PARAMETERS) throw tooMany();
      const part = text.slice(start, at);
      const equals = part.indexOf('=');
      pairs.push(
        equals < 0 ? [decode(part), ''] : [decode(part.slice(0, equals)), decode(part.slice(equals + 1))],
      );
    }
    start = at + 1;
  }
  return pairs;
}

/** @throws SidecarError bad-request beyond 800 parameters or 64 KB in one value, and for a zero byte */
export function createParameters(pairs: Pair[], files: Map<string, UploadedFile> = new Map()): Parameters {
  if (pairs.length > MAX_PARAMETERS) throw tooMany();
  const values = new Map<string, string[]>();
  for (const [name, value] of pairs) {
    if (value.length > MAX_VALUE) throw new SidecarError('bad-request', { log: 'A parameter is too long' });
    if (name.includes('\0') || value.includes('\0'))
      throw new SidecarError('bad-request', { log: 'A parameter holds a zero byte' });
    const known = values.get(name);
    if (known) known.push(value);
    else values.set(name, [value]);
  }
  const every = (name: string) => values.get(name) ?? [];
  const one = (name: string) => {
    const [first, ...others] = every(name);
    if (others.some((other) => other !== first)) {
      throw new SidecarError('bad-request', {
        detail: phrase('The parameter "%s" was given more than once.', name),
      });
    }
    return first;
  };
  return {
    one,
    every,
    flag: (name) => one(name) === '1',
    id(name) {
      const value = one(name) ?? '';
      if (!/^[1-9]\d{0,8}$/.test(value)) {
        throw new SidecarError('bad-request', {
          detail: phrase('The parameter "%s" must be a number.', name),
        });
      }
      return Number(value);
    },
    file: (name) => files.get(name),
  };
}
