import { SidecarError } from '../errors.js';
import { phrase } from '../lib/phrase.js';

/** An uploaded file of a multipart form. */
export interface UploadedFile {
  name: string;
  content: Buffer;
}

/**
 * The parameters of one request, from the query string and the body. The helpdesk separates parameters of a
 * query with `;` and with `&`; forms of a browser use `&`.
 */
export interface Parameters {
  /**
   * The one value of a parameter, or undefined where it is absent.
   * @throws SidecarError bad-request where it is given twice with different values
   */
  one(name: string): string | undefined;
  /** Every value, in order, for the callback that must see repetitions. */
  every(name: string): string[];
  /** A checkbox: '1' is set, anything else is not. */
  flag(name: string): boolean;
  /**
   * A number from 1, as the helpdesk's IDs are.
   * @throws SidecarError bad-request where it is missing or something else
   */
  id(name: string): number;
  file(name: string): UploadedFile | undefined;
}

/** The form with the most rows that it takes has about 600. */
const MAX_PARAMETERS = 800;
const MAX_VALUE = 64 * 1024;

export type Pair = [name: string, value: string];

function decode(text: string): string {
  let decoded: string;
  try {
    decoded = decodeURIComponent(text.replaceAll('+', ' '));
  } catch {
    throw new SidecarError('bad-request', { log: 'A parameter is not valid percent-encoded UTF-8' });
  }
  if (decoded.includes('\0')) throw new SidecarError('bad-request', { log: 'A parameter holds a zero byte' });
  return decoded;
}

/** Splits `a=1;b=2` (query strings: `[;&]`) or `a=1&b=2` (bodies) into decoded pairs. */
export function parsePairs(text: string, separator: RegExp): Pair[] {
  const parts = text.split(separator).filter((part) => part !== '');
  return parts.map((part) => {
    const at = part.indexOf('=');
    return at < 0 ? [decode(part), ''] : [decode(part.slice(0, at)), decode(part.slice(at + 1))];
  });
}

/** @throws SidecarError bad-request beyond 800 parameters or 64 KB in one value */
export function createParameters(pairs: Pair[], files: Map<string, UploadedFile> = new Map()): Parameters {
  if (pairs.length > MAX_PARAMETERS) throw new SidecarError('bad-request', { log: 'Too many parameters' });
  const values = new Map<string, string[]>();
  for (const [name, value] of pairs) {
    if (value.length > MAX_VALUE) throw new SidecarError('bad-request', { log: 'A parameter is too long' });
    values.set(name, [...(values.get(name) ?? []), value]);
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
