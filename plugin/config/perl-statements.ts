import { assign, changedBy, giveUp, removeSetting } from './perl-assign.js';
import { atTop, Cursor, closing, isOp, isWord, statementEnd } from './perl-cursor.js';
import { evaluate, list } from './perl-expression.js';
import { type PerlToken, perlTokens } from './perl-tokens.js';
import { asText, isTrue, NotKnown, type PerlScope } from './perl-values.js';

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
