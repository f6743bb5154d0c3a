/** Text of a Perl string: literal text, or the source of an interpolated expression, or something not understood. */
export type StringPart = string | { source: string } | { unknown: true };

/** `'…'` and `q{…}`: only the backslash and the delimiters can be escaped (perlop). */
export function unescapeSingle(body: string, open: string, close: string): string {
  return body.replace(/\\([\s\S])/g, (pair, char: string) =>
    char === '\\' || char === open || char === close ? char : pair,
  );
}

const SIMPLE: Record<string, string> = { n: '\n', t: '\t', r: '\r', f: '\f', b: '\b', a: '\x07', e: '\x1b' };

/** `$Self->{X}`, `$Self->{'A'}{B}[0]`, `$name`, `${name}`: what Perl would take as one interpolated expression. */
const SCALAR = /\$(?:\{\s*\w+\s*\}|(?:::)?[A-Za-z_]\w*(?:::\w+)*)(?:(?:->)?(?:\{[^{}]*\}|\[[^[\]]*\]))*/y;

/** `"…"` and `qq{…}`: escapes are resolved, interpolations stay as source for the evaluator. */
export function readQuoted(body: string): StringPart[] {
  const parts: StringPart[] = [];
  let text = '';
  const push = (part: StringPart): void => {
    if (text !== '') parts.push(text);
    text = '';
    parts.push(part);
  };
  for (let at = 0; at < body.length; at++) {
    const char = body[at] as string;
    if (char === '\\') {
      const read = readEscape(body, at + 1);
      if (read.text === null) push({ unknown: true });
      else text += read.text;
      at = read.end - 1;
    } else if (char === '$' && at + 1 < body.length) {
      SCALAR.lastIndex = at;
      const found = SCALAR.exec(body);
      if (!found) push({ unknown: true });
      else {
        push({ source: found[0].replace(/^\$\{\s*(\w+)\s*\}/, '$$$1') });
        at += found[0].length - 1;
      }
    } else if (char === '@' && /[A-Za-z_{$:]/.test(body[at + 1] ?? '')) {
      push({ unknown: true });
    } else text += char;
  }
  if (text !== '' || parts.length === 0) parts.push(text);
  return parts;
}

/** One escape after the backslash; null where it changes what follows (\U, \Q, \N{…}). */
function readEscape(body: string, at: number): { text: string | null; end: number } {
  const char = body[at] ?? '';
  const simple = SIMPLE[char];
  if (simple !== undefined) return { text: simple, end: at + 1 };
  if (char === 'x') {
    const [, braced, plain = ''] =
      /^(?:\{\s*([\da-fA-F]*)\s*\}|([\da-fA-F]{0,2}))/.exec(body.slice(at + 1)) ?? [];
    const code = Number.parseInt(braced ?? plain, 16) || 0;
    const end = braced === undefined ? at + 1 + plain.length : body.indexOf('}', at) + 1;
    return { text: code <= 0x10ffff ? String.fromCodePoint(code) : null, end };
  }
  const octal = /^[0-7]{1,3}/.exec(body.slice(at, at + 3));
  if (octal) return { text: String.fromCodePoint(Number.parseInt(octal[0], 8)), end: at + octal[0].length };
  if (/[ULQENlucFo]/.test(char)) return { text: null, end: at + 1 };
  return { text: char, end: at + 1 };
}
