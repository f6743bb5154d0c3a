import { readQuoted, unescapeSingle } from './perl-strings.js';
import type { PerlToken } from './perl-tokens.js';

const CLOSERS: Record<string, string> = { '(': ')', '[': ']', '{': '}', '<': '>' };

/** Reads from the opening delimiter at `start` to its partner; brackets nest (perlop, "Quote and Quote-like"). */
export function delimited(source: string, start: number): { body: string; end: number } {
  const open = source[start] as string;
  const close = CLOSERS[open];
  let depth = 1;
  let at = start + 1;
  for (; at < source.length; at++) {
    const char = source[at];
    if (char === '\\') at++;
    else if (char === (close ?? open)) {
      if (--depth === 0) break;
    } else if (close && char === open) depth++;
  }
  return { body: source.slice(start + 1, at), end: Math.min(at + 1, source.length) };
}

/** Where the delimiter of `q`, `qq`, `qw` … stands, or -1 where the word is a plain word (`{y}`, `s => 1`). */
export function quoteStart(source: string, at: number, word: string, before: PerlToken | undefined): number {
  // A method, or a file test such as `-s $file`.
  if (before?.kind === 'op' && (before.text === '->' || before.text === '-')) return -1;
  let next = at + word.length;
  const spaced = /\s/.test(source[next] ?? '');
  while (/\s/.test(source[next] ?? '')) next++;
  const char = source[next] ?? '';
  if (char === '' || /[\w,;)]/.test(char) || (char === '#' && spaced)) return -1;
  if (char === '=' || (char === '}' && before?.kind === 'op' && before.text === '{')) return -1;
  return next;
}

/** `q`, `qq` and `qw` have a value; patterns and commands have none for us. */
export function quoteLike(
  source: string,
  start: number,
  word: string,
  line: number,
): { token: PerlToken; end: number } {
  const open = source[start] as string;
  const { body, end } = delimited(source, start);
  const close = CLOSERS[open] ?? open;
  if (word === 'q')
    return { token: { kind: 'string', parts: [unescapeSingle(body, open, close)], line }, end };
  if (word === 'qq') return { token: { kind: 'string', parts: readQuoted(body), line }, end };
  if (word === 'qw') return { token: { kind: 'words', words: body.split(/\s+/).filter(Boolean), line }, end };
  let last = end;
  if (word === 's' || word === 'tr' || word === 'y') {
    let second = end - (CLOSERS[open] ? 0 : 1);
    while (CLOSERS[open] && /\s/.test(source[second] ?? '')) second++;
    last = delimited(source, second).end;
  }
  while (/[a-z]/.test(source[last] ?? '')) last++;
  return { token: { kind: 'opaque', text: word, line }, end: last };
}
