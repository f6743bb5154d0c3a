import { delimited, quoteLike, quoteStart } from './perl-quotes.js';
import { readQuoted, type StringPart, unescapeSingle } from './perl-strings.js';

/**
 * Splits Perl source into tokens, as far as configuration files need it (perlop, perldata, perlpod).
 * Nothing is executed. What the tokens mean is decided in perl-expression.ts and perl-statements.ts.
 */
export type PerlToken =
  | { kind: 'string'; parts: StringPart[]; line: number }
  | { kind: 'words'; words: string[]; line: number }
  | { kind: 'number'; text: string; line: number }
  /** `$Self`, `@_`, `%ENV`; a cast such as `@{` or `%$x` is the sign alone. */
  | { kind: 'variable'; text: string; line: number }
  | { kind: 'word'; text: string; line: number }
  /** A regular expression or something else that has no value for us. */
  | { kind: 'opaque'; text: string; line: number }
  | { kind: 'op'; text: string; line: number };

interface Heredoc {
  tag: string;
  raw: boolean;
  indented: boolean;
  token: { kind: 'string'; parts: StringPart[]; line: number };
}

const WORD = /[A-Za-z_]\w*(?:::\w+)*/y;
/** Words after which a `/` begins a regular expression. */
const BEFORE_REGEX = new Set([
  'split',
  'grep',
  'map',
  'if',
  'unless',
  'and',
  'or',
  'not',
  'return',
  'while',
  'when',
]);
const NUMBER = /0[xX][\da-fA-F_]+|0[bB][01_]+|\d[\d_]*(?:\.(?!\.)[\d_]*)?(?:[eE][+-]?\d+)?|\.\d[\d_]*/y;
const VARIABLE =
  /[$@%](?:::)?[A-Za-z_]\w*(?:::\w+)*|\$#?[A-Za-z_]\w*|[$@]_|\$\d+|\$[&`'+!@/\\,;.0<>()[\]^-]/y;
const OPERATOR =
  /\*\*=|\|\|=|&&=|\/\/=|<=>|\.\.\.|=>|->|\+\+|--|\*\*|=~|!~|==|!=|<=|>=|&&|\|\||\/\/|\.\.|::|\+=|-=|\*=|\/=|\.=|%=|x=|[{}[\]();,=.+\-*/<>!?:\\~^&|%@$]/y;
const HEREDOC = /<<(~?)(?:"([^"\n]*)"|'([^'\n]*)'|([A-Za-z_]\w*))/y;
const QUOTE_LIKE = new Set(['q', 'qq', 'qw', 'qx', 'qr', 'm', 's', 'tr', 'y']);

/** @param source text of a Perl file; reading stops at `__END__` or `__DATA__`. */
export function perlTokens(source: string): PerlToken[] {
  const tokens: PerlToken[] = [];
  const pending: Heredoc[] = [];
  let at = 0;
  let line = 1;

  const match = (pattern: RegExp): RegExpExecArray | null => {
    pattern.lastIndex = at;
    return pattern.exec(source);
  };
  const moveTo = (end: number): void => {
    for (
      let next = source.indexOf('\n', at);
      next !== -1 && next < end;
      next = source.indexOf('\n', next + 1)
    )
      line++;
    at = end;
  };
  /** True where a value has just ended, so that `/` divides and `<<` shifts. */
  const afterValue = (): boolean => {
    const last = tokens.at(-1);
    if (!last) return false;
    if (last.kind === 'op') return last.text === ')' || last.text === ']' || last.text === '}';
    return last.kind !== 'word' || !BEFORE_REGEX.has(last.text);
  };
  const readHeredocs = (): void => {
    for (const { tag, raw, indented, token } of pending.splice(0)) {
      const lines: string[] = [];
      while (at < source.length) {
        const end = source.indexOf('\n', at) === -1 ? source.length : source.indexOf('\n', at);
        const text = source.slice(at, end);
        moveTo(Math.min(end + 1, source.length));
        if ((indented ? text.trimStart() : text) === tag) break;
        lines.push(text);
      }
      const indent = indented
        ? Math.min(...lines.filter((text) => text.trim()).map((text) => text.search(/\S/)))
        : 0;
      const body = lines.map((text) => `${text.slice(indent)}\n`).join('');
      token.parts = raw ? [body] : readQuoted(body);
    }
  };

  while (at < source.length) {
    const char = source[at] as string;
    if (char === '\n') {
      moveTo(at + 1);
      if (pending.length > 0) readHeredocs();
      if (source[at] === '=' && /[a-zA-Z]/.test(source[at + 1] ?? '')) {
        const cut = /^=cut\b.*$/m.exec(source.slice(at));
        moveTo(cut ? at + cut.index + cut[0].length : source.length);
      }
      continue;
    }
    if (char === ' ' || char === '\t' || char === '\r') {
      at++;
      continue;
    }
    if (char === '#') {
      const end = source.indexOf('\n', at);
      at = end === -1 ? source.length : end;
      continue;
    }
    if (char === "'" || char === '"' || char === '`') {
      const { body, end } = delimited(source, at);
      const parts = char === "'" ? [unescapeSingle(body, "'", "'")] : readQuoted(body);
      tokens.push(char === '`' ? { kind: 'opaque', text: '`', line } : { kind: 'string', parts, line });
      moveTo(end);
      continue;
    }
    const heredoc = char === '<' && !afterValue() ? match(HEREDOC) : null;
    if (heredoc) {
      const [whole, tilde, double, single, bare] = heredoc;
      const token = { kind: 'string' as const, parts: [], line };
      tokens.push(token);
      const tag = double ?? single ?? bare ?? '';
      pending.push({ tag, raw: single !== undefined, indented: tilde === '~', token });
      at += whole.length;
      continue;
    }
    const sign = (char === '$' || char === '@' || char === '%') && !(char === '%' && afterValue());
    const variable = sign ? match(VARIABLE) : null;
    if (variable) {
      tokens.push({ kind: 'variable', text: variable[0], line });
      at += variable[0].length;
      continue;
    }
    const number = /[\d.]/.test(char) && !(char === '.' && afterValue()) ? match(NUMBER) : null;
    if (number) {
      tokens.push({ kind: 'number', text: number[0], line });
      at += number[0].length;
      continue;
    }
    const word = match(WORD);
    if (word) {
      const text = word[0];
      if (text === '__END__' || text === '__DATA__') break;
      const quoteAt = QUOTE_LIKE.has(text) ? quoteStart(source, at, text, tokens.at(-1)) : -1;
      if (quoteAt === -1) {
        tokens.push({ kind: 'word', text, line });
        at += text.length;
        continue;
      }
      const { token, end } = quoteLike(source, quoteAt, text, line);
      tokens.push(token);
      moveTo(end);
      continue;
    }
    if (char === '/' && !afterValue()) {
      const { body, end } = delimited(source, at);
      // A slash that finds no partner on its line divides; taking it for a pattern would swallow statements.
      if (!body.includes('\n')) {
        tokens.push({ kind: 'opaque', text: '/', line });
        moveTo(end);
        continue;
      }
    }
    const operator = match(OPERATOR);
    const text = operator?.[0] ?? char;
    tokens.push(operator ? { kind: 'op', text, line } : { kind: 'opaque', text, line });
    at += text.length;
  }
  return tokens;
}
