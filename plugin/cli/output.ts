import { MORE_FILES } from '../config/open-files.js';
import { isSidecarError, SidecarError } from '../errors.js';
import { restoreDeep } from '../lib/deep-json.js';
import { inEnglish } from '../lib/phrase.js';
import { escapeControls } from '../lib/terminal-text.js';
import { fitted, GAP, pad, width, wrap } from './layout.js';
import { painter, type Tone } from './tone.js';

/** Where text goes: process.stdout, process.stderr, or a list in tests. */
export interface Sink {
  /** @returns false: whoever reads it is slower */
  write(text: string | Uint8Array): unknown;
  /**
   * Waits until more can be written.
   * @returns false: nobody reads any more
   */
  drained?(): Promise<boolean>;
  isTTY?: boolean;
  /** Of a terminal. */
  columns?: number;
}

/** What commands print. Names are user input: control characters never reach the terminal. */
export interface Output {
  /** Columns of the terminal; undefined if standard output is none. */
  columns: number | undefined;
  /** Prints text unchanged, for files and rules; the caller is responsible for its content. */
  raw(text: string): void;
  /** Prints a long text as it comes, no faster than it is read. Stops where nobody reads any more. */
  pieces(text: AsyncIterable<string | Uint8Array>): Promise<void>;
  line(text?: string, tone?: Tone): void;
  /** Prints indented JSON with a line end, for `jq` and for people. Dates are ISO 8601 in UTC. */
  json(value: unknown): void;
  /**
   * Prints only the head if there are no rows. On a terminal, the table is narrowed to fit, and long cells take
   * several lines.
   */
  table(head: readonly string[], rows: readonly (readonly Cell[])[]): void;
  /** Prints one name and value per line; omits absent values. */
  pairs(pairs: readonly (readonly [string, Cell])[]): void;
  /** Prints an indented text, which a terminal breaks between words. */
  paragraph(indent: number, text: string): void;
  /** Prints to standard error. */
  warn(text: string): void;
}

/** A text with its urgency. */
interface Toned {
  text: string;
  tone: Tone;
}

export type Cell = string | number | Date | Toned | null | undefined;

export const PROGRAM = 'znuny-oauth2';

/** A text as one line: control characters control a terminal, and direction marks reverse lines. */
export const plain = (text: string): string =>
  text.replace(/[\p{Cc}\p{Cf}\p{Zl}\p{Zp}]/gu, (sign) => (sign === '\t' || sign === '\n' ? ' ' : '\ufffd'));

const two = (number: number): string => String(number).padStart(2, '0');

/** In the shell's time zone, as with `ls` and `date`: `2026-11-24 14:05`. */
export const localTime = (date: Date): string =>
  `${date.getFullYear()}-${two(date.getMonth() + 1)}-${two(date.getDate())} ${two(date.getHours())}:${two(date.getMinutes())}`;

const cell = (value: Exclude<Cell, Toned>): string =>
  value === null || value === undefined
    ? ''
    : value instanceof Date
      ? localTime(value)
      : plain(String(value));

const toned = (value: Cell): Toned =>
  typeof value === 'object' && value !== null && 'tone' in value
    ? { ...value, text: plain(value.text) }
    : { text: cell(value), tone: 'note' };

/** @param env decides whether there is colour */
export function createOutput(
  stdout: Sink,
  stderr: Sink,
  env: Record<string, string | undefined> = {},
): Output {
  const line = (text = '') => stdout.write(`${text}\n`);
  const paint = painter(stdout.isTTY === true, env);
  const columns = stdout.isTTY ? stdout.columns : undefined;
  return {
    columns,
    raw: (text) => void stdout.write(text),
    async pieces(text) {
      for await (const piece of text)
        if (stdout.write(piece) === false && (await stdout.drained?.()) === false) return;
    },
    line: (text, tone = 'note') => void line(text === undefined ? '' : paint(plain(text), tone)),
    json: (value) => void line(escapeControls(restoreDeep(JSON.stringify(value, null, 2)), 'json')),
    table(head, rows) {
      const all = [head.map(toned), ...rows.map((row) => row.map(toned))];
      const wishes = head.map((_name, at) => Math.max(...all.map((row) => width(row[at]?.text ?? ''))));
      const widths = fitted(wishes, head.map(width), columns);
      for (const row of all) {
        const cells = row.map(({ text }, at) => wrap(text, widths[at] ?? 1));
        const height = Math.max(...cells.map(({ length }) => length));
        for (let at = 0; at < height; at++) {
          const parts = cells.map((lines, column) => {
            const text = lines[at] ?? '';
            const last = column === cells.length - 1;
            const blank = last ? '' : ' '.repeat(Math.max(0, (widths[column] ?? 0) - width(text)));
            return paint(text, row[column]?.tone ?? 'note') + blank;
          });
          line(parts.join(' '.repeat(GAP)).trimEnd());
        }
      }
    },
    pairs(pairs) {
      const shown = pairs.filter(([, value]) => value !== null && value !== undefined && value !== '');
      const widest = Math.max(...shown.map(([name]) => width(name))) + 1;
      for (const [name, value] of shown) {
        const { text, tone } = toned(value);
        const lines = columns === undefined ? [text] : wrap(text, Math.max(20, columns - widest - 1));
        lines.forEach((part, at) => {
          line(`${pad(at === 0 ? `${name}:` : '', widest)} ${paint(part, tone)}`);
        });
      }
    },
    paragraph(indent, text) {
      const room = columns === undefined ? Number.POSITIVE_INFINITY : Math.max(20, columns - indent);
      for (const part of wrap(plain(text), room)) line(' '.repeat(indent) + part);
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
