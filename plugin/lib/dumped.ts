/** Scalars are strings, `undef` is undefined. */
export type Dumped = string | undefined | Dumped[] | { [key: string]: Dumped };

const TOKEN = /\s*(?:'((?:[^'\\]|\\[\s\S])*)'|(-?\d+(?:\.\d+)?|undef|=>|[[\]{},;]))/y;

/**
 * Reads a value as Perl's Data::Dumper writes it: strings in single quotes, numbers, lists and hashes.
 * @returns the value, and the position after it
 * @throws SyntaxError
 */
export function readDumped(text: string, start: number): { value: Dumped; end: number } {
  TOKEN.lastIndex = start;
  const next = (): { value?: string; sign?: string } => {
    const [, quoted, sign] = TOKEN.exec(text) ?? [];
    if (quoted !== undefined) return { value: quoted.replace(/\\([\\'])/g, '$1') };
    if (sign === undefined) throw new SyntaxError('Not written by Data::Dumper');
    return /^[-\d]/.test(sign) ? { value: sign } : { sign };
  };
  const value = ({ value: plain, sign } = next(), depth = 0): Dumped => {
    if (plain !== undefined) return plain;
    if (sign === 'undef') return undefined;
    if (depth > 8 || (sign !== '[' && sign !== '{')) throw new SyntaxError('Not written by Data::Dumper');
    const list: Dumped[] = [];
    const pairs: [string, Dumped][] = [];
    for (let token = next(); token.sign !== (sign === '[' ? ']' : '}'); token = next()) {
      if (token.sign === ',') continue;
      if (sign === '[') list.push(value(token, depth + 1));
      else {
        if (token.value === undefined || next().sign !== '=>') throw new SyntaxError('A hash without a key');
        pairs.push([token.value, value(next(), depth + 1)]);
      }
    }
    return sign === '[' ? list : Object.fromEntries(pairs);
  };
  const found = value();
  return { value: found, end: TOKEN.lastIndex };
}
