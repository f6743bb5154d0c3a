import { MORE_FILES } from '../config/open-files.js';
import { isSidecarError, SidecarError } from '../errors.js';
import { restoreDeep } from '../lib/deep-json.js';
import { inEnglish } from '../lib/phrase.js';
import { escapeControls } from '../lib/terminal-text.js';

/** Where text goes: process.stdout, process.stderr, or a list in tests. */
export interface Sink {
  /** @returns false: whoever reads it is slower */
  write(text: string): unknown;
  /**
   * Waits until more can be written.
   * @returns false: nobody reads any more
   */
  drained?(): Promise<boolean>;
}

/** What commands print. Names are user input: control characters never reach the terminal. */
export interface Output {
  /** Prints text unchanged, for files and rules; the caller is responsible for its content. */
  raw(text: string): void;
  /** Prints a long text as it comes, no faster than it is read. Stops where nobody reads any more. */
  pieces(text: AsyncIterable<string>): Promise<void>;
  line(text?: string): void;
  /** Prints indented JSON with a line end, for `jq` and for people. Dates are ISO 8601 in UTC. */
  json(value: unknown): void;
  /** Prints only the head if there are no rows. */
  table(head: readonly string[], rows: readonly (readonly Cell[])[]): void;
  /** Prints one name and value per line; omits absent values. */
  pairs(pairs: readonly (readonly [string, Cell])[]): void;
  /** Prints to standard error. */
  warn(text: string): void;
}

type Cell = string | number | Date | null | undefined;

export const PROGRAM = 'znuny-oauth2';

/** A text as one line: control characters control a terminal, and direction marks reverse lines. */
export const plain = (text: string): string =>
  text.replace(/[\p{Cc}\p{Cf}\p{Zl}\p{Zp}]/gu, (sign) => (sign === '\t' || sign === '\n' ? ' ' : '\ufffd'));

const two = (number: number): string => String(number).padStart(2, '0');

/** In the shell's time zone, as with `ls` and `date`: `2026-11-24 14:05`. */
export const localTime = (date: Date): string =>
  `${date.getFullYear()}-${two(date.getMonth() + 1)}-${two(date.getDate())} ${two(date.getHours())}:${two(date.getMinutes())}`;

const cell = (value: Cell): string =>
  value === null || value === undefined
    ? ''
    : value instanceof Date
      ? localTime(value)
      : plain(String(value));

/** How many columns a text occupies: marks occupy none, ideographs and emoji two. */
export const width = (text: string): number =>
  [...text].reduce(
    (sum, sign) =>
      sum +
      (/\p{M}/u.test(sign)
        ? 0
        : /[\u1100-\u115f\u2e80-\ua4cf\uac00-\ud7a3\uf900-\ufaff\ufe30-\ufe6f\uff00-\uff60\uffe0-\uffe6\u{1f300}-\u{1faff}\u{20000}-\u{3fffd}]/u.test(
              sign,
            )
          ? 2
          : 1),
    0,
  );

const pad = (text: string, columns: number): string => text + ' '.repeat(Math.max(0, columns - width(text)));

export function createOutput(stdout: Sink, stderr: Sink): Output {
  const line = (text = '') => stdout.write(`${text}\n`);
  return {
    raw: (text) => void stdout.write(text),
    async pieces(text) {
      for await (const piece of text)
        if (stdout.write(piece) === false && (await stdout.drained?.()) === false) return;
    },
    line: (text) => void line(text === undefined ? '' : plain(text)),
    json: (value) => void line(escapeControls(restoreDeep(JSON.stringify(value, null, 2)), 'json')),
    table(head, rows) {
      const lines = [[...head], ...rows.map((row) => row.map(cell))];
      const widths = head.map((_name, at) => Math.max(...lines.map((row) => width(row[at] ?? ''))));
      for (const row of lines)
        line(
          row
            .map((text, at) => pad(text, widths[at] ?? 0))
            .join('  ')
            .trimEnd(),
        );
    },
    pairs(pairs) {
      const shown = pairs.filter(([, value]) => value !== null && value !== undefined && value !== '');
      const widest = Math.max(...shown.map(([name]) => width(name)));
      for (const [name, value] of shown) line(`${pad(`${name}:`, widest + 1)} ${cell(value)}`);
    },
    warn: (text) => void stderr.write(`${PROGRAM}: ${plain(text)}\n`),
  };
}

/**
 * Parts of the program are loaded later, so the limit may be hit before anything has checked it
 * (getrlimit(2)).
 */
function outOfFiles(error: unknown): SidecarError | null {
  const { code } = (error ?? {}) as NodeJS.ErrnoException;
  if (code !== 'EMFILE' && code !== 'ENFILE') return null;
  const whose = code === 'EMFILE' ? 'This process may' : 'This machine can';
  return new SidecarError('config-invalid', {
    detail: `${whose} not open any more files (${code}). ${MORE_FILES}`,
    cause: error,
  });
}

/** Reports a failure in the catalogue's words on standard error, for people or as JSON. */
export function reportFailure(error: unknown, stderr: Sink, asJson: boolean): void {
  const known = isSidecarError(error) ? error : outOfFiles(error);
  // An unexpected failure's message may quote the data at hand, so only its kind is shown.
  const kind = error instanceof Error ? error.name : typeof error;
  const facts = {
    code: known?.code ?? 'internal',
    message:
      known?.safe ?? `Something went wrong (${kind}). Nothing else is known; LOG_LEVEL=debug shows where.`,
    details: known?.details.map(inEnglish) ?? [],
    fields: Object.fromEntries(
      Object.entries(known?.fields ?? {}).map(([name, text]) => [name, inEnglish(text)]),
    ),
  };
  if (asJson) {
    stderr.write(`${escapeControls(JSON.stringify({ error: facts }, null, 2), 'json')}\n`);
    return;
  }
  const fields = Object.entries(facts.fields).map(([name, text]) => `${name}: ${text}`);
  const text = [facts.message, ...facts.details, ...fields].map(plain).join('\n  ');
  stderr.write(`${PROGRAM}: ${text}\n  (${facts.code})\n`);
}
