import type { PerlToken } from './perl-tokens.js';
import { NotKnown } from './perl-values.js';

/** Reads tokens one after the other. */
export class Cursor {
  constructor(
    readonly tokens: PerlToken[],
    public at = 0,
  ) {}
  get token(): PerlToken | undefined {
    return this.tokens[this.at];
  }
  peek(ahead: number): PerlToken | undefined {
    return this.tokens[this.at + ahead];
  }
  is(text: string, ahead = 0): boolean {
    const token = this.tokens[this.at + ahead];
    return (token?.kind === 'op' || token?.kind === 'word') && token.text === text;
  }
  take(text: string): boolean {
    if (!this.is(text)) return false;
    this.at++;
    return true;
  }
  need(text: string): void {
    if (!this.take(text)) throw new NotKnown(`${text} expected`);
  }
}

export const isOp = (token: PerlToken | undefined, text: string): boolean =>
  token?.kind === 'op' && token.text === text;
export const isWord = (token: PerlToken | undefined, ...words: string[]): boolean =>
  token?.kind === 'word' && words.includes(token.text);

const CLOSE: Record<string, string> = { '{': '}', '(': ')', '[': ']' };

/** Index of the bracket that closes the one at `open`, or the end. */
export function closing(tokens: PerlToken[], open: number): number {
  let depth = 0;
  for (let at = open; at < tokens.length; at++) {
    const token = tokens[at];
    if (token?.kind !== 'op') continue;
    if (token.text in CLOSE) depth++;
    else if (token.text === '}' || token.text === ')' || token.text === ']') depth--;
    if (depth === 0) return at;
  }
  return tokens.length;
}

/** The `;` that ends a statement; a block such as `while (…) {…}` or `sub {…}` belongs to it. */
export function statementEnd(tokens: PerlToken[], start: number): number {
  const blockEnds = isWord(tokens[start], 'while', 'until', 'sub', 'package');
  for (let at = start; at < tokens.length; at++) {
    const token = tokens[at];
    if (isOp(token, ';')) return at;
    if (token?.kind === 'op' && token.text in CLOSE) {
      at = closing(tokens, at);
      if (blockEnds && isOp(tokens[at], '}')) return at;
    }
  }
  return tokens.length;
}

/** Does the token stand outside of all brackets? */
export const atTop = (tokens: PerlToken[], index: number): boolean => {
  for (let at = 0; at < index; at++) {
    const token = tokens[at];
    if (token?.kind === 'op' && token.text in CLOSE) at = closing(tokens, at);
    if (at >= index) return false;
  }
  return true;
};
