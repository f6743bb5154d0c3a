/** A command before the sign-in, taken apart (RFC 9051 §9). */
export interface ImapCommand {
  tag: string;
  /** Upper case. */
  name: string;
  /** Atoms, quoted strings and literals; NIL is left as it was written. None of ID. */
  args: string[];
}

/** A piece of a command as it arrived: text of a line, or the content of a literal. */
export type ImapPiece = { text: string } | { literal: string };

/** `{5}` at the end of a line announces a literal; `{5+}` one that follows at once (RFC 7888). */
export interface LiteralMark {
  length: number;
  /** The client waits for a continuation request. */
  waits: boolean;
  /** The line without the mark. */
  text: string;
}

export function literalMark(line: string): LiteralMark | null {
  const [, text = '', digits, plus] = /^(.*)\{(\d{1,10})(\+?)\}$/s.exec(line) ?? [];
  return digits === undefined ? null : { length: Number(digits), waits: plus === '', text };
}

const TAG = /^(?:(?![(){%*"\\+])[!-~]){1,64}$/;
const ATOM = /^(?:(?!["{}])[!-~\u0080-\u00ff])+/;
const QUOTED = /^"((?:[^"\\\r\n]|\\["\\])*)"/;

/** @returns null if the text is not a list of atoms and quoted strings, with one space between them */
function readArguments(text: string): string[] | null {
  const found: string[] = [];
  let rest = text;
  while (rest !== '') {
    const quoted = QUOTED.exec(rest);
    const atom = quoted ? null : ATOM.exec(rest);
    if (!quoted && !atom) return null;
    found.push(quoted ? (quoted[1] ?? '').replace(/\\(["\\])/g, '$1') : (atom?.[0] ?? ''));
    rest = rest.slice((quoted ?? atom)?.[0].length);
    if (rest === '') break;
    if (!rest.startsWith(' ') || rest === ' ') return null;
    rest = rest.slice(1);
  }
  return found;
}

/**
 * Takes a whole command apart. Pure.
 * @returns the tag alone if the rest is not a command; null if there is not even a tag
 */
export function parseImapCommand(pieces: readonly ImapPiece[]): ImapCommand | { tag: string } | null {
  const [first] = pieces;
  if (!first || !('text' in first)) return null;
  const [, tag = '', name = '', rest = ''] = /^(\S+) (\S+)(?: (.*))?$/s.exec(first.text) ?? [];
  if (!TAG.test(tag)) {
    const [alone = ''] = first.text.split(' ');
    return TAG.test(alone) ? { tag: alone } : null;
  }
  // What a client says of itself is a list (RFC 2971 §3.1), which nobody looks at.
  if (/^ID$/i.test(name)) return { tag, name: 'ID', args: [] };
  const args: string[] = [];
  for (const [at, piece] of pieces.entries()) {
    if ('literal' in piece) {
      args.push(piece.literal);
      continue;
    }
    // Before a literal is a space that belongs to it, and after one the space of what follows.
    let text = at === 0 ? rest : piece.text;
    if (at > 0 && text !== '') {
      if (!text.startsWith(' ')) return { tag };
      text = text.slice(1);
    }
    if (at < pieces.length - 1) {
      if (text !== '' && !text.endsWith(' ')) return { tag };
      text = text.replace(/ $/, '');
    }
    const read = readArguments(text);
    if (!read) return { tag };
    args.push(...read);
  }
  return /^[A-Za-z]{1,20}$/.test(name) ? { tag, name: name.toUpperCase(), args } : { tag };
}
