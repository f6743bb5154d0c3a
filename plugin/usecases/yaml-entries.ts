import {
  Composer,
  type CST,
  type Document,
  isAlias,
  isMap,
  isNode,
  isScalar,
  isSeq,
  Lexer,
  LineCounter,
  Parser,
  visit,
} from 'yaml';
import { breather } from '../lib/breathe.js';

/** How much a file may contain. */
export interface YamlLimits {
  /** Words and punctuation of YAML: an export has about 150 per configuration. */
  lexemes: number;
  entries: number;
}

/** For an upload of 1 MB, and for a file on the command line. */
export const UPLOAD_LIMITS: YamlLimits = { lexemes: 400_000, entries: 2000 };
export const FILE_LIMITS: YamlLimits = { lexemes: 4_000_000, entries: 50_000 };

/** For one entry, which is read in one go. */
const MAX_ENTRY_LEXEMES = 20_000;
/** Less than the depth from which a stored document is kept as text (lib/deep-json.ts). */
const MAX_DEPTH = 30;
const MAX_ALIASES = 50;
/** Lexemes between two checks of the clock. */
const SLICE = 200;

class YamlTooLarge extends Error {}

/** How many collections may be open at the same time, before the depth of each entry is checked. */
const MOST_OPEN = 5000;

/** Escapes of a text in double quotes (YAML 1.2.2 §5.7). */
const ESCAPES = /\\(?:x[\da-fA-F]{2}|u[\da-fA-F]{4}|U[\da-fA-F]{8}|[0abtnvfreNLP_ "/\\\t\r\n])/g;

/** The library creates an error for each wrong escape, however many there are. */
const hasWrongEscape = (lexeme: string): boolean =>
  lexeme.startsWith('"') && lexeme.includes('\\') && lexeme.replace(ESCAPES, '').includes('\\');

/** What is wrong with the text, by the library's code; line and column count from 1. */
export interface YamlFault {
  line: number;
  column: number;
  code: string;
}

export type YamlPiece =
  /** The value, and the node that shows how it is written. */
  { line: number; value: unknown; node: unknown } | { line: number; refused: 'too-deep' | 'too-large' };

interface ItemLike {
  start?: unknown[];
  sep?: unknown[];
  key?: TokenLike | null;
  value?: TokenLike | undefined;
}
interface TokenLike {
  items?: ItemLike[];
  start?: unknown;
  end?: unknown[];
}

/**
 * Counts lexemes and depth of a part without recursion: only parts within the limits may be passed to the
 * library.
 */
function measure(root: TokenLike | undefined): { lexemes: number; depth: number } {
  let lexemes = 0;
  let deepest = 0;
  const todo: [TokenLike | null | undefined, number][] = [[root, 1]];
  for (let next = todo.pop(); next; next = todo.pop()) {
    const [token, depth] = next;
    if (!token) continue;
    lexemes += 1 + (token.end?.length ?? 0);
    deepest = Math.max(deepest, depth);
    for (const item of token.items ?? []) {
      lexemes += (item.start?.length ?? 0) + (item.sep?.length ?? 0);
      todo.push([item.key, depth + 1], [item.value, depth + 1]);
    }
  }
  return { lexemes, depth: deepest };
}

/**
 * How deep a value is with its aliases resolved: each may add as much as the file is deep, or lead back to
 * where it is (Infinity).
 */
function depthOf(value: unknown, known = new Map<object, number>()): number {
  if (typeof value !== 'object' || value === null) return 0;
  const before = known.get(value);
  if (before !== undefined) return before;
  known.set(value, Number.POSITIVE_INFINITY);
  const depth =
    Object.values(value).reduce((most: number, inner) => Math.max(most, depthOf(inner, known)), 0) + 1;
  known.set(value, depth);
  return depth;
}

async function tokensOf(
  text: string,
  lines: LineCounter,
  limits: YamlLimits,
  faults: YamlFault[],
): Promise<CST.Token[]> {
  const parser = new Parser(lines.addNewLine);
  const breathe = breather();
  const tokens: CST.Token[] = [];
  let count = 0;
  lines.addNewLine(0);
  for (const lexeme of new Lexer().lex(text)) {
    if (++count > limits.lexemes || parser.stack.length > MOST_OPEN) throw new YamlTooLarge();
    if (hasWrongEscape(lexeme)) {
      faults.push({ ...placeIn(lines, parser.offset), code: 'BAD_DQ_ESCAPE' });
      return [];
    }
    for (const token of parser.next(lexeme)) tokens.push(token);
    if (count % SLICE === 0) await breathe();
  }
  for (const token of parser.end()) tokens.push(token);
  return tokens;
}

/** Splits a top-level list into lists of one item; anything else is one piece. */
function pieces(value: CST.Token | undefined): (CST.Token | undefined)[] {
  if (value?.type !== 'block-seq' || value.items.length === 0) return [value];
  return value.items.map((item) => ({ ...value, items: [item] }));
}

const OPTIONS = {
  // Both options compare with everything before, for each key and each fault.
  uniqueKeys: false,
  prettyErrors: false,
  version: '1.2',
  logLevel: 'silent',
} as const;

/** Line and column of a place in the text. */
function placeIn(lines: LineCounter, at: number): { line: number; column: number } {
  const { line, col } = lines.linePos(at);
  return { line: line || 1, column: col || 1 };
}

const compose = (document: CST.Document): Document.Parsed | undefined =>
  [...new Composer(OPTIONS).compose([document])][0];

/**
 * Perl does not read JSON with half a character. A zero byte, here from an escape, is no text of a form either,
 * and marks what is not a text (lib/deep-json.ts).
 */
function textFault(text: string): string | null {
  if (/\p{Surrogate}/u.test(text)) return 'LONE_SURROGATE';
  return text.includes('\0') ? 'ZERO_BYTE' : null;
}

/** Faults that the library does not detect in linear time, or not at all. */
function ownFaults(document: Document): { code: string; at: number }[] {
  const found: { code: string; at: number }[] = [];
  let aliases = 0;
  const anchors = new Set<string>();
  visit(document, {
    Node(_key, node) {
      if (!isAlias(node) && node.anchor) anchors.add(node.anchor);
      if (isAlias(node) && !anchors.has(node.source))
        found.push({ code: 'BAD_ALIAS', at: node.range?.[0] ?? 0 });
      if (isAlias(node) && ++aliases === MAX_ALIASES + 1)
        found.push({ code: 'TOO_MANY_ALIASES', at: node.range?.[0] ?? 0 });
      const fault = isScalar(node) && typeof node.value === 'string' ? textFault(node.value) : null;
      if (fault) found.push({ code: fault, at: node.range?.[0] ?? 0 });
      if (!isMap(node)) return;
      const keys = new Set<unknown>();
      for (const { key } of node.items) {
        const value = isScalar(key) ? key.value : key;
        if (keys.has(value))
          found.push({ code: 'DUPLICATE_KEY', at: (isScalar(key) ? key.range?.[0] : node.range?.[0]) ?? 0 });
        keys.add(value);
      }
    },
  });
  return found;
}

/**
 * Reads a file entry by entry, in linear time and in slices, so that other work can run. Parts that are too
 * deep or too large are never passed to the library, which is recursive.
 * @throws YamlTooLarge
 */
export async function readYamlEntries(
  text: string,
  limits: YamlLimits,
  mostFaults: number,
): Promise<{ pieces: YamlPiece[]; faults: YamlFault[] }> {
  const lines = new LineCounter();
  const breathe = breather();
  const faults: YamlFault[] = [];
  const tokens = await tokensOf(text, lines, limits, faults);
  const main = tokens.find((token): token is CST.Document => token.type === 'document');
  const note = (list: { code: string; at: number }[]) => {
    for (const { code, at } of list.slice(0, mostFaults - faults.length))
      faults.push({ ...placeIn(lines, at), code });
  };
  const errorsOf = ({ errors }: Document) => errors.map(({ code, pos }) => ({ code, at: pos[0] }));
  const documents = tokens.filter(({ type }) => type === 'document');
  if (documents.length > 1) note([{ code: 'MULTIPLE_DOCS', at: documents[1]?.offset ?? 0 }]);
  note(
    tokens.flatMap(({ type, offset }) =>
      type === 'error' ? [{ code: 'UNEXPECTED_TOKEN', at: offset }] : [],
    ),
  );
  const all = main ? pieces(main.value) : [];
  const found: YamlPiece[] = [];
  for (const value of all) {
    if (faults.length >= mostFaults || found.length > limits.entries) break;
    await breathe();
    const item = value && 'items' in value ? (value.items[0] as ItemLike | undefined) : undefined;
    const offset = (item?.value as { offset?: number } | undefined)?.offset ?? value?.offset ?? 0;
    const line = lines.linePos(offset).line || 1;
    const { lexemes, depth } = measure(value as TokenLike | undefined);
    if (lexemes > MAX_ENTRY_LEXEMES) found.push({ line, refused: 'too-large' });
    else if (depth > MAX_DEPTH) found.push({ line, refused: 'too-deep' });
    else {
      const piece = { ...main, ...(value ? { value } : {}) } as CST.Document;
      const document = compose(value === all[0] ? piece : { ...piece, start: [], end: [] });
      if (!document) continue;
      note([...errorsOf(document), ...ownFaults(document)]);
      // A fault may make the values unreadable.
      if (faults.length > 0) continue;
      const { contents } = document;
      const values: unknown = document.toJS({ maxAliasCount: MAX_ALIASES });
      if (depthOf(values) > MAX_DEPTH) found.push({ line, refused: 'too-deep' });
      else if (!isSeq(contents) || !Array.isArray(values))
        found.push({ line, value: values, node: contents });
      else
        contents.items.forEach((node, index) => {
          const start = isNode(node) ? node.range?.[0] : undefined;
          found.push({
            line: start === undefined ? line : lines.linePos(start).line,
            value: values[index],
            node,
          });
        });
    }
  }
  if (found.length > limits.entries) throw new YamlTooLarge();
  return { pieces: found, faults };
}
