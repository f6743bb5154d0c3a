import { atTop, Cursor, isOp, isWord } from './perl-cursor.js';
import { evaluate, keyPath } from './perl-expression.js';
import type { PerlToken } from './perl-tokens.js';
import {
  emptyHash,
  forgetUnknown,
  isHash,
  NotKnown,
  type PerlHash,
  type PerlScope,
  type PerlValue,
} from './perl-values.js';

const ASSIGNMENTS = ['=', '||=', '//=', '.=', '+='];

/** `$Self->{…} = …`, `my $name = …` and their short forms. @throws NotKnown */
export function assign(tokens: PerlToken[], scope: PerlScope): void {
  const cursor = new Cursor(tokens);
  const declared = cursor.take('my') || cursor.take('our') || cursor.take('local');
  const target = cursor.token;
  if (declared && cursor.is('(')) {
    // `my ($File, $Self) = @_;`
    if (tokens.at(-1)?.kind === 'variable' && (tokens.at(-1) as { text: string }).text === '@_') return;
    throw new NotKnown('a list of variables');
  }
  if (target?.kind !== 'variable' || !target.text.startsWith('$')) throw new NotKnown('a statement');
  cursor.at++;
  const isSelf = target.text === '$Self';
  if (isSelf && declared) return;
  const path = isSelf ? keyPath(cursor, scope) : [];
  if (isSelf && path.length === 0) throw new NotKnown('the whole configuration');
  const operator = cursor.token;
  if (!operator && declared) {
    scope.variables.set(target.text, null);
    return;
  }
  if (operator?.kind !== 'op' || !ASSIGNMENTS.includes(operator.text)) throw new NotKnown('a statement');
  let right = tokens.slice(cursor.at + 1);
  if (operator.text !== '=') {
    const plain = { kind: 'op' as const, text: operator.text.slice(0, -1), line: operator.line };
    const left = tokens.slice(declared ? 1 : 0, cursor.at);
    const line = operator.line;
    right = [...left, plain, { kind: 'op', text: '(', line }, ...right, { kind: 'op', text: ')', line }];
  }
  const value = evaluate(right, scope);
  if (isSelf) setSetting(path, value, scope);
  else {
    scope.variables.set(target.text, value);
    scope.unknownVariables.delete(target.text);
  }
}

function setSetting(path: string[], value: PerlValue, scope: PerlScope): void {
  let hash: PerlHash = scope.settings;
  for (const key of path.slice(0, -1)) {
    const next = hash[key] ?? null;
    // Perl makes the hash by itself where there is nothing yet; under a text it would die.
    if (next !== null && !isHash(next)) throw new NotKnown('a key below something that is no hash');
    if (next === null) hash[key] = emptyHash();
    hash = hash[key] as PerlHash;
  }
  hash[path.at(-1) as string] = value;
  forgetUnknown(scope, path);
}

/** `delete $Self->{…}`. @throws NotKnown */
export function removeSetting(tokens: PerlToken[], scope: PerlScope): void {
  const cursor = new Cursor(
    tokens.filter((token, at) => at > 0 && !(isParen(token) && (at === 1 || at === tokens.length - 1))),
  );
  const target = cursor.token;
  if (target?.kind !== 'variable' || target.text !== '$Self') throw new NotKnown('a delete');
  cursor.at++;
  const path = keyPath(cursor, scope);
  if (path.length === 0 || cursor.token) throw new NotKnown('a delete');
  let hash: PerlValue = scope.settings;
  for (const key of path.slice(0, -1)) hash = isHash(hash) ? (hash[key] ?? null) : null;
  if (isHash(hash)) delete hash[path.at(-1) as string];
  forgetUnknown(scope, path);
}

const isParen = (token: PerlToken): boolean => isOp(token, '(') || isOp(token, ')');

/** Every setting and variable that these tokens mention becomes unknown. */
export function giveUp(tokens: PerlToken[], file: string, scope: PerlScope): void {
  for (const [at, token] of tokens.entries()) {
    if (token.kind !== 'variable') continue;
    if (token.text !== '$Self') {
      if (token.text.startsWith('$')) scope.unknownVariables.add(token.text);
      continue;
    }
    const place = { file, line: token.line };
    const path = literalPath(tokens, at + 1);
    if (path.length > 0) scope.unknown.set(path.join('###'), place);
    else if (!isWord(tokens[at - 1], 'my')) scope.blind.push(place);
  }
}

/** The leading keys that are plain text; the first that is not ends the path. */
function literalPath(tokens: PerlToken[], start: number): string[] {
  const path: string[] = [];
  let at = start;
  while (isOp(tokens[at], '->') || (isOp(tokens[at], '{') && path.length > 0)) {
    if (isOp(tokens[at], '->')) at++;
    const [open, name, close] = [tokens[at], tokens[at + 1], tokens[at + 2]];
    if (!isOp(open, '{') || !isOp(close, '}')) break;
    const plain = name?.kind === 'string' && name.parts.every((part) => typeof part === 'string');
    if (name?.kind === 'word') path.push(name.text);
    else if (plain) path.push(name.parts.join(''));
    else break;
    at += 3;
  }
  return path;
}

/** Of `$Self->{A} = something($Self->{B})` only A changes. */
export function changedBy(tokens: PerlToken[]): PerlToken[] {
  const equals = tokens.findIndex(
    (token, at) => token.kind === 'op' && token.text === '=' && atTop(tokens, at),
  );
  const right = tokens.slice(equals + 1);
  const handsOver = right.some(
    (token, at) =>
      token.kind === 'variable' && token.text === '$Self' && literalPath(right, at + 1).length === 0,
  );
  return equals === -1 || handsOver ? tokens : tokens.slice(0, equals);
}
