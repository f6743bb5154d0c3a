import path from 'node:path';
import { SidecarError } from '../errors.js';

/** The files of nginx's configuration. */
export interface NginxFiles {
  /**
   * The text of a file, one character per byte (latin1), because nginx asks for no encoding; null if there is no such
   * file.
   */
  read(file: string): string | null;
  /** The names in a folder; none if there is no such folder. */
  list(folder: string): string[];
}

/** One directive, with its words exactly as they are written, quotes included. */
export interface Directive {
  name: string;
  words: string[];
  file: string;
  /** Where the block begins, after its brace; null: the directive ends in a semicolon. */
  opens: number | null;
  /** Where the brace at the end of the block is; null as above. */
  closes: number | null;
  /** What the block contains, with the content of included files in place of `include`. */
  block: Directive[];
}

const notUnderstood = (file: string, what: string): SidecarError =>
  new SidecarError('config-invalid', {
    detail: `${file}: ${what}. Nothing was changed. Put the rules into the server block of the helpdesk by hand: znuny-oauth2 nginx-rules`,
  });

/** A word, quoted or not; a variable such as `${name}` belongs to the word. Comments begin where a word may begin. */
const TOKEN =
  /[ \t\r\n]+|#[^\n]*|([{};])|("(?:[^"\\]|\\[\s\S])*"|'(?:[^'\\]|\\[\s\S])*'|(?:\\[\s\S]|\$\{\w*\}|[^ \t\r\n{};\\"'])(?:\\[\s\S]|\$\{\w*\}|[^ \t\r\n{;\\])*)/y;

interface Token {
  text: string;
  end: number;
}

function tokensOf(file: string, text: string): Token[] {
  const tokens: Token[] = [];
  TOKEN.lastIndex = 0;
  while (TOKEN.lastIndex < text.length) {
    const at = TOKEN.lastIndex;
    const match = TOKEN.exec(text);
    if (!match)
      throw notUnderstood(file, `line ${text.slice(0, at).split('\n').length} cannot be understood`);
    const found = match[1] ?? match[2];
    if (found !== undefined) tokens.push({ text: found, end: TOKEN.lastIndex });
  }
  return tokens;
}

/** How deeply included files may include others; real configurations stay far below. */
const DEEPEST = 10;

/** Files that match a pattern of `include`, in nginx's order. */
function matching(files: NginxFiles, pattern: string): string[] {
  let folders = [''];
  for (const part of pattern.split('/').slice(1)) {
    if (!/[*?[]/.test(part)) {
      folders = folders.map((folder) => `${folder}/${part}`);
      continue;
    }
    const wanted = new RegExp(
      `^${part
        .replace(/[.+^${}()|\\]/g, '\\$&')
        .replace(/\*/g, '.*')
        .replace(/\?/g, '.')}$`,
    );
    folders = folders.flatMap((folder) =>
      files
        .list(folder || '/')
        .filter((name) => wanted.test(name) && !name.startsWith('.'))
        .sort()
        .map((name) => `${folder}/${name}`),
    );
  }
  return folders;
}

/** Files that `include WORD` names. The word comes from a text in latin1, names of files are in UTF-8. */
const included = (files: NginxFiles, main: string, word: string): string[] => {
  const given = Buffer.from(unquoted(word), 'latin1').toString('utf8');
  return matching(files, path.posix.resolve(path.posix.dirname(main), given));
};

/**
 * Names every file of nginx's configuration, also of one that readNginxConfig() does not understand. May name others,
 * too, such as one in a comment.
 */
export function filesOfConfig(files: NginxFiles, main: string): string[] {
  const known = new Set([main]);
  for (const file of known)
    for (const [, word = ''] of (files.read(file) ?? '').matchAll(/\binclude[ \t\r\n]+([^ \t\r\n;{}]+)/g))
      for (const each of included(files, main, word)) known.add(each);
  return [...known];
}

/**
 * Reads nginx's configuration with everything that it includes.
 * @param main its main file; relative names of others are below the folder of this one
 * @throws SidecarError config-invalid for what nginx itself would refuse, and for blocks in another language (Lua)
 */
export function readNginxConfig(files: NginxFiles, main: string): Directive[] {
  const load = (file: string, depth: number): Directive[] => {
    const text = files.read(file);
    if (text === null) throw notUnderstood(file, 'the file cannot be read');
    if (depth > DEEPEST) throw notUnderstood(file, 'the file is included too deeply');
    const tokens = tokensOf(file, text);
    let at = 0;
    const directives = (isInner: boolean): Directive[] => {
      const found: Directive[] = [];
      for (;;) {
        const words: string[] = [];
        let token = tokens[at++];
        for (; token && !/^[{};]$/.test(token.text); token = tokens[at++]) words.push(token.text);
        const [name, ...rest] = words;
        if (name === undefined && !token && !isInner) return found;
        if (name === undefined && token?.text === '}' && isInner) return found;
        if (name === undefined || !token || token.text === '}')
          throw notUnderstood(file, 'braces or semicolons are missing');
        if (/_by_lua_block$/.test(name)) throw notUnderstood(file, `"${name}" cannot be understood`);
        if (token.text === '{') {
          const block = directives(true);
          const closes = (tokens[at - 1]?.end ?? 0) - 1;
          found.push({ name, words: rest, file, opens: token.end, closes, block });
          continue;
        }
        found.push({ name, words: rest, file, opens: null, closes: null, block: [] });
        if (name !== 'include') continue;
        found.push(...included(files, main, rest[0] ?? '').flatMap((each) => load(each, depth + 1)));
      }
    };
    return directives(false);
  };
  return load(main, 0);
}

/** A word without its quotes. */
export const unquoted = (word: string): string => word.replace(/^(["'])([\s\S]*)\1$/, '$2');

/** Writes directives as a text again. Files that they included are in their place already. */
export function written(directives: readonly Directive[], indent = ''): string {
  return directives
    .filter(({ name }) => name !== 'include')
    .map(({ name, words, opens, block }) => {
      const head = [name, ...words].join(' ');
      return opens === null
        ? `${indent}${head};\n`
        : `${indent}${head} {\n${written(block, `${indent}  `)}${indent}}\n`;
    })
    .join('');
}
