import { Cursor, evaluate, keyPath, list } from './perl-expression.js';
import { type PerlToken, perlTokens } from './perl-tokens.js';
import {
  asText,
  emptyHash,
  forgetUnknown,
  isHash,
  isTrue,
  NotKnown,
  type PerlHash,
  type PerlScope,
  type PerlValue,
} from './perl-values.js';

/**
 * Follows the statements of a configuration file without executing anything: assignments to `$Self->{…}` and
 * variables, `delete`, `if`, `foreach` over known lists, `require` of an absolute path. Whatever else touches a
 * setting leaves that setting unknown; it is never taken for its old value.
 *
 * @param sub the function whose body is followed after the file's own statements: `Load` or `LoadDefaults`
 */
export function followFile(source: string, file: string, sub: string, scope: PerlScope): void {
  const tokens = perlTokens(source);
  const bodies: PerlToken[][] = [];
  const rest: PerlToken[] = [];
  for (let at = 0; at < tokens.length; at++) {
    const [token, name, open] = [tokens[at], tokens[at + 1], tokens[at + 2]];
    const named = token?.kind === 'word' && token.text === 'sub' && name?.kind === 'word';
    if (named && isOp(open, '{')) {
      const end = closing(tokens, at + 2);
      if (name.text === sub) bodies.push(tokens.slice(at + 3, end));
      at = end;
    } else if (token) rest.push(token);
  }
  follow(rest, file, scope);
  // Perl keeps the last definition of a name.
  follow(bodies.at(-1) ?? [], file, scope);
}

const isOp = (token: PerlToken | undefined, text: string): boolean =>
  token?.kind === 'op' && token.text === text;
const isWord = (token: PerlToken | undefined, ...words: string[]): boolean =>
  token?.kind === 'word' && words.includes(token.text);

const CLOSE: Record<string, string> = { '{': '}', '(': ')', '[': ']' };

/** Index of the bracket that closes the one at `open`, or the end. */
function closing(tokens: PerlToken[], open: number): number {
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

/** @returns false where a `return` ended the function */
function follow(tokens: PerlToken[], file: string, scope: PerlScope): boolean {
  let at = 0;
  while (at < tokens.length) {
    if (isOp(tokens[at], ';')) {
      at++;
    } else if (isWord(tokens[at], 'BEGIN') && isOp(tokens[at + 1], '{')) {
      const end = closing(tokens, at + 1);
      follow(tokens.slice(at + 2, end), file, scope);
      at = end + 1;
    } else if (isOp(tokens[at], '{')) {
      const end = closing(tokens, at);
      if (!follow(tokens.slice(at + 1, end), file, scope)) return false;
      at = end + 1;
    } else if (isWord(tokens[at], 'if', 'unless') && isOp(tokens[at + 1], '(')) {
      const outcome = followIf(tokens, at, file, scope);
      if (!outcome.goesOn) return false;
      at = outcome.end;
    } else if (isWord(tokens[at], 'for', 'foreach')) {
      at = followForeach(tokens, at, file, scope);
    } else {
      const end = statementEnd(tokens, at);
      if (!followStatement(tokens.slice(at, end), file, scope)) return false;
      at = end + 1;
    }
  }
  return true;
}

/** The `;` that ends a statement; a block such as `while (…) {…}` or `sub {…}` belongs to it. */
function statementEnd(tokens: PerlToken[], start: number): number {
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

interface Branch {
  condition: PerlToken[] | null;
  negated: boolean;
  body: PerlToken[];
}

function followIf(
  tokens: PerlToken[],
  start: number,
  file: string,
  scope: PerlScope,
): { goesOn: boolean; end: number } {
  const branches: Branch[] = [];
  let at = start;
  for (;;) {
    const word = tokens[at];
    const hasCondition = !isWord(word, 'else');
    const close = hasCondition ? closing(tokens, at + 1) : at;
    const bodyEnd = closing(tokens, close + 1);
    const condition = hasCondition ? tokens.slice(at + 2, close) : null;
    branches.push({ condition, negated: isWord(word, 'unless'), body: tokens.slice(close + 2, bodyEnd) });
    at = bodyEnd + 1;
    if (!isWord(tokens[at], 'elsif', 'else')) break;
  }
  for (const [index, { condition, negated, body }] of branches.entries()) {
    let chosen: boolean;
    try {
      chosen = condition === null || isTrue(evaluate(condition, scope)) !== negated;
    } catch (error) {
      if (!(error instanceof NotKnown)) throw error;
      for (const branch of branches.slice(index)) giveUp(branch.body, file, scope);
      break;
    }
    if (chosen) return { goesOn: follow(body, file, scope), end: at };
  }
  return { goesOn: true, end: at };
}

function followForeach(tokens: PerlToken[], start: number, file: string, scope: PerlScope): number {
  let at = start + 1;
  if (isWord(tokens[at], 'my', 'our')) at++;
  const name = tokens[at];
  const open = name?.kind === 'variable' ? at + 1 : at;
  const close = closing(tokens, open);
  const words = tokens[open]?.kind === 'words';
  const bodyStart = words ? open + 1 : close + 1;
  const bodyEnd = closing(tokens, bodyStart);
  const body = tokens.slice(bodyStart + 1, bodyEnd);
  try {
    if (name?.kind !== 'variable') throw new NotKnown('a loop of another kind');
    const values = list(
      new Cursor(words ? [tokens[open] as PerlToken] : tokens.slice(open + 1, close)),
      scope,
      null,
    );
    for (const value of values) {
      scope.variables.set(name.text, value);
      follow(body, file, scope);
    }
  } catch (error) {
    if (!(error instanceof NotKnown)) throw error;
    giveUp(body, file, scope);
  }
  return bodyEnd + 1;
}

/** Statements that say nothing about settings. */
const HARMLESS = ['use', 'no', 'package', 'umask', 'require', 'warn', 'print', '1'];

/** @returns false for `return` */
function followStatement(tokens: PerlToken[], file: string, scope: PerlScope): boolean {
  const first = tokens[0];
  try {
    const modifier = tokens.findIndex(
      (token, at) => at > 0 && isWord(token, 'if', 'unless') && atTop(tokens, at),
    );
    if (modifier > 0) {
      const yes = isTrue(evaluate(tokens.slice(modifier + 1), scope)) !== isWord(tokens[modifier], 'unless');
      return yes ? followStatement(tokens.slice(0, modifier), file, scope) : true;
    }
    if (isWord(first, 'return')) return false;
    if (isWord(first, 'require') && tokens[1]?.kind === 'string') return requireFile(tokens, scope);
    if (isWord(first, ...HARMLESS) || first?.kind === 'number') {
      for (const token of tokens)
        if (token.kind === 'words') for (const word of token.words) scope.unknownVariables.add(word);
      if (isWord(first, 'use') && isWord(tokens[1], 'vars')) forgetDeclared(tokens, scope);
      return true;
    }
    if (isWord(first, 'delete')) removeSetting(tokens, scope);
    else assign(tokens, scope);
  } catch (error) {
    if (!(error instanceof NotKnown)) throw error;
    giveUp(changedBy(tokens), file, scope);
  }
  return true;
}

/** Of `$Self->{A} = something($Self->{B})` only A changes. */
function changedBy(tokens: PerlToken[]): PerlToken[] {
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

const atTop = (tokens: PerlToken[], index: number): boolean => {
  for (let at = 0; at < index; at++) {
    const token = tokens[at];
    if (token?.kind === 'op' && token.text in CLOSE) at = closing(tokens, at);
    if (at >= index) return false;
  }
  return true;
};

/** `use vars qw($x)` declares; it imports no value. */
function forgetDeclared(tokens: PerlToken[], scope: PerlScope): void {
  for (const token of tokens)
    if (token.kind === 'words') for (const word of token.words) scope.unknownVariables.delete(word);
}

function requireFile(tokens: PerlToken[], scope: PerlScope): boolean {
  const path = asText(evaluate(tokens.slice(1), scope));
  const source = path.startsWith('/') ? scope.readFile(path) : null;
  if (source === null) throw new NotKnown('a file that cannot be read');
  follow(perlTokens(source), path, scope);
  return true;
}

const ASSIGNMENTS = ['=', '||=', '//=', '.=', '+='];

function assign(tokens: PerlToken[], scope: PerlScope): void {
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

function removeSetting(tokens: PerlToken[], scope: PerlScope): void {
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
function giveUp(tokens: PerlToken[], file: string, scope: PerlScope): void {
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
