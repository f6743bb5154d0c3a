/**
 * Values of Perl configuration. A scalar is always text, because Perl makes no difference between 1 and '1';
 * `undef` is null. Hashes have no prototype, so a key such as `__proto__` is a key like any other.
 */
export type PerlValue = string | null | PerlValue[] | PerlHash;
export interface PerlHash {
  [key: string]: PerlValue;
}

/** Thrown where a value depends on something that would have to be executed. */
export class NotKnown extends Error {
  override readonly name = 'NotKnown';
}

export const emptyHash = (): PerlHash => Object.create(null) as PerlHash;

export const isHash = (value: unknown): value is PerlHash =>
  typeof value === 'object' && value !== null && !Array.isArray(value);

/** Perl's truth: undef, '' and '0' are false (perlsyn, "Truth and Falsehood"). */
export const isTrue = (value: PerlValue): boolean => value !== null && value !== '' && value !== '0';

/** As Perl would print it; references have no text that means anything. */
export function asText(value: PerlValue): string {
  if (value === null) return '';
  if (typeof value !== 'string') throw new NotKnown('a reference used as text');
  return value;
}

/** As a number; text that is not wholly a number is refused rather than guessed. */
export function asNumber(value: PerlValue): number {
  const text = asText(value).trim();
  if (!/^[+-]?(\d+\.?\d*|\.\d+)([eE][+-]?\d+)?$/.test(text)) throw new NotKnown('text used as a number');
  return Number(text);
}

/** A number literal as Perl would print it: `0600` is octal, `1_000` is 1000, `1.50` is 1.5. */
export function numberText(literal: string): string {
  const plain = literal.replaceAll('_', '');
  if (/^0[xXbB]/.test(plain)) return String(Number(plain));
  if (/^0\d+$/.test(plain)) return String(Number.parseInt(plain, 8));
  return String(Number(plain));
}

/** Everything that reading configuration files has found out so far. */
export interface PerlScope {
  /** `$Self`. */
  settings: PerlHash;
  /** Setting path, joined with `###` -> where it got a value that cannot be known without executing Perl. */
  unknown: Map<string, SourcePlace>;
  /** Statements that may have changed any setting. */
  blind: SourcePlace[];
  /** `$name` -> value. A variable that nothing assigns is undef, as in Perl. */
  variables: Map<string, PerlValue>;
  /** Variables whose value is not known. */
  unknownVariables: Set<string>;
  /** Answers `-e` and `-f`, and `require` with an absolute path; null where the file is not there. */
  readFile: (path: string) => string | null;
}

export interface SourcePlace {
  file: string;
  line: number;
}

export function newScope(readFile: (path: string) => string | null): PerlScope {
  return {
    settings: emptyHash(),
    unknown: new Map(),
    blind: [],
    variables: new Map(),
    unknownVariables: new Set(),
    readFile,
  };
}

/** Is anything at, above or below this path unknown? */
export function unknownAt(scope: PerlScope, path: string[]): SourcePlace | undefined {
  const name = path.join('###');
  for (const [known, place] of scope.unknown)
    if (known === name || known.startsWith(`${name}###`) || name.startsWith(`${known}###`)) return place;
  return undefined;
}

/** Forgets what was unknown at and below a path, because it got a known value. */
export function forgetUnknown(scope: PerlScope, path: string[]): void {
  const name = path.join('###');
  for (const known of scope.unknown.keys())
    if (known === name || known.startsWith(`${name}###`)) scope.unknown.delete(known);
}
