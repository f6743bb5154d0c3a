import { Cursor } from './perl-cursor.js';
import { apply, BINDING, truth } from './perl-operators.js';
import type { StringPart } from './perl-strings.js';
import { type PerlToken, perlTokens } from './perl-tokens.js';
import {
  asNumber,
  asText,
  emptyHash,
  isHash,
  isTrue,
  NotKnown,
  numberText,
  type PerlHash,
  type PerlScope,
  type PerlValue,
  unknownAt,
} from './perl-values.js';

/** The value of a whole token list. @throws NotKnown where it cannot be known without executing Perl */
export function evaluate(tokens: PerlToken[], scope: PerlScope): PerlValue {
  const cursor = new Cursor(tokens);
  const value = expression(cursor, scope);
  if (cursor.token) throw new NotKnown('something after the value');
  return value;
}

/** A list up to `close`: elements, `qw()`, `@{…}` and `%{…}` flattened (perldata, "List value constructors"). */
export function list(cursor: Cursor, scope: PerlScope, close: string | null): PerlValue[] {
  const values: PerlValue[] = [];
  while (cursor.token && !(close !== null && cursor.is(close))) {
    if (cursor.take(',') || cursor.take('=>')) continue;
    values.push(...element(cursor, scope));
    if (cursor.token && !(cursor.is(',') || cursor.is('=>') || (close !== null && cursor.is(close))))
      throw new NotKnown('a list that is not understood');
  }
  if (close !== null) cursor.need(close);
  return values;
}

function element(cursor: Cursor, scope: PerlScope): PerlValue[] {
  const token = cursor.token;
  if (token?.kind === 'words') {
    cursor.at++;
    return token.words;
  }
  if (token?.kind === 'op' && (token.text === '%' || token.text === '@')) {
    const value = dereference(cursor, scope);
    if (Array.isArray(value)) return value;
    return Object.entries(value).flat();
  }
  if (token?.kind === 'op' && token.text === '(') {
    cursor.at++;
    const values = list(cursor, scope, ')');
    if (
      cursor.token &&
      !cursor.is(',') &&
      !cursor.is('=>') &&
      !cursor.is(')') &&
      !cursor.is(']') &&
      !cursor.is('}')
    ) {
      if (values.length !== 1) throw new NotKnown('a list used as a value');
      return [binary(values[0] as PerlValue, 0, cursor, scope)];
    }
    return values;
  }
  return [expression(cursor, scope)];
}

/** `%{ $Self->{X} }`, `@{…}`, `%$name`: what the reference holds. */
function dereference(cursor: Cursor, scope: PerlScope): PerlHash | PerlValue[] {
  const sign = (cursor.token as { text: string }).text;
  cursor.at++;
  let value: PerlValue;
  if (cursor.take('{')) {
    value = expression(cursor, scope);
    cursor.need('}');
  } else {
    const token = cursor.token;
    if (token?.kind !== 'variable' || !token.text.startsWith('$')) throw new NotKnown('a cast');
    cursor.at++;
    value = variable(token.text, scope);
  }
  if (sign === '%' && isHash(value)) return value;
  if (sign === '@' && Array.isArray(value)) return value;
  throw new NotKnown('a reference of another kind');
}

export function expression(cursor: Cursor, scope: PerlScope, binding = 0): PerlValue {
  return binary(unary(cursor, scope), binding, cursor, scope);
}

function binary(left: PerlValue, binding: number, cursor: Cursor, scope: PerlScope): PerlValue {
  let value = left;
  for (;;) {
    const token = cursor.token;
    const operator = token?.kind === 'op' || token?.kind === 'word' ? token.text : '';
    const strength = Object.hasOwn(BINDING, operator) ? (BINDING[operator] as number) : 0;
    if (strength === 0 || strength < binding) return value;
    cursor.at++;
    if (operator === '?') {
      const yes = expression(cursor, scope, 5);
      cursor.need(':');
      const no = expression(cursor, scope, 5);
      value = isTrue(value) ? yes : no;
    } else value = apply(operator, value, expression(cursor, scope, strength + 1));
  }
}

function unary(cursor: Cursor, scope: PerlScope): PerlValue {
  if (cursor.take('!') || cursor.take('not')) return truth(!isTrue(unary(cursor, scope)));
  if (cursor.take('+')) return unary(cursor, scope);
  if (cursor.is('-')) {
    const test = cursor.peek(1);
    if (test?.kind === 'word' && (test.text === 'f' || test.text === 'e')) {
      cursor.at += 2;
      return truth(scope.readFile(asText(unary(cursor, scope))) !== null);
    }
    cursor.at++;
    if (cursor.token?.kind === 'word') throw new NotKnown('a bareword with a minus');
    return String(-asNumber(unary(cursor, scope)));
  }
  return subscripts(primary(cursor, scope), cursor, scope);
}

function primary(cursor: Cursor, scope: PerlScope): PerlValue {
  const token = cursor.token;
  if (!token) throw new NotKnown('a value is missing');
  cursor.at++;
  switch (token.kind) {
    case 'number':
      return numberText(token.text);
    case 'string':
      return token.parts.map((part) => interpolate(part, scope)).join('');
    case 'variable':
      if (token.text === '$Self') return self(cursor, scope);
      return variable(token.text, scope);
    case 'word':
      return word(token.text, cursor, scope);
    case 'op':
      if (token.text === '{') return pairs(list(cursor, scope, '}'));
      if (token.text === '[') return list(cursor, scope, ']');
      if (token.text === '(') {
        const value = expression(cursor, scope);
        cursor.need(')');
        return value;
      }
  }
  throw new NotKnown('this is not a plain value');
}

function pairs(values: PerlValue[]): PerlHash {
  const hash = emptyHash();
  for (let at = 0; at < values.length; at += 2)
    hash[asText(values[at] as PerlValue)] = values[at + 1] ?? null;
  return hash;
}

function word(text: string, cursor: Cursor, scope: PerlScope): PerlValue {
  if (cursor.is('=>')) return text;
  if (text === 'undef') return null;
  if (text === '__PACKAGE__') return 'Kernel::Config';
  if (text === 'defined') return truth(unary(cursor, scope) !== null);
  // Marks a text for translation and returns it unchanged.
  if ((text === 'Translatable' || text === 'Kernel::Language::Translatable') && cursor.take('(')) {
    const value = expression(cursor, scope);
    cursor.need(')');
    return value;
  }
  throw new NotKnown(`the word ${text}`);
}

function interpolate(part: StringPart, scope: PerlScope): string {
  if (typeof part === 'string') return part;
  if ('unknown' in part) throw new NotKnown('an interpolation');
  return asText(evaluate(perlTokens(part.source), scope));
}

function variable(name: string, scope: PerlScope): PerlValue {
  if (!/^\$[A-Za-z]\w*$/.test(name) || name === '$ENV' || scope.unknownVariables.has(name))
    throw new NotKnown(`the variable ${name}`);
  return scope.variables.get(name) ?? null;
}

/** The keys of `->{A}{'B'}` after `$Self`; a key must be text that is known. */
export function keyPath(cursor: Cursor, scope: PerlScope): string[] {
  const path: string[] = [];
  while ((cursor.is('->') && cursor.is('{', 1)) || (cursor.is('{') && path.length > 0)) {
    cursor.take('->');
    path.push(key(cursor, scope));
  }
  return path;
}

function key(cursor: Cursor, scope: PerlScope): string {
  cursor.need('{');
  const [name, end] = [cursor.token, cursor.peek(1)];
  if (name?.kind === 'word' && end?.kind === 'op' && end.text === '}') {
    cursor.at += 2;
    return name.text;
  }
  const value = asText(expression(cursor, scope));
  cursor.need('}');
  return value;
}

function self(cursor: Cursor, scope: PerlScope): PerlValue {
  const path = keyPath(cursor, scope);
  if (path.length === 0) throw new NotKnown('the whole configuration used as a value');
  if (unknownAt(scope, path)) throw new NotKnown(`the setting ${path.join('###')}`);
  return path.reduce<PerlValue>(
    (value, name) => (isHash(value) ? (value[name] ?? null) : null),
    scope.settings,
  );
}

/** `->{X}`, `->[0]` and their short forms after a value. */
function subscripts(start: PerlValue, cursor: Cursor, scope: PerlScope): PerlValue {
  let value = start;
  for (;;) {
    const arrow = cursor.is('->') ? 1 : 0;
    if (cursor.is('{', arrow) && arrow) {
      cursor.at += arrow;
      const name = key(cursor, scope);
      value = isHash(value) ? (value[name] ?? null) : null;
    } else if (cursor.is('[', arrow) && arrow) {
      cursor.at += arrow + 1;
      const index = asNumber(expression(cursor, scope));
      cursor.need(']');
      value = Array.isArray(value) ? (value.at(index) ?? null) : null;
    } else if (arrow || cursor.is('{') || cursor.is('[') || cursor.is('(')) {
      // A method call, or an element of a hash or array variable: $name{X} is not $name->{X}.
      throw new NotKnown('a subscript or call');
    } else return value;
  }
}
