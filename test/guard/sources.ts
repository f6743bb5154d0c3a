import { readdirSync, readFileSync } from 'node:fs';
import path from 'node:path';
import { transformSync } from 'esbuild';
import { ROOT } from '../lab/instance.js';

/** The text of a file below the checkout. */
export const read = (file: string): string => readFileSync(path.join(ROOT, file), 'utf8');

/** The files of these folders whose name has this ending, from the root of the checkout. */
export const filesOf = (folders: readonly string[], ending: string): string[] =>
  folders.flatMap((folder) =>
    readdirSync(path.join(ROOT, folder), { recursive: true, encoding: 'utf8' })
      .filter((file) => file.endsWith(ending))
      .map((file) => `${folder}/${file}`),
  );

/** Every source file of the program. */
export const SOURCES: readonly string[] = filesOf(['plugin', 'db', 'sysconfig'], '.ts');

/** A source file without its types and comments, which may name any server or product; about one statement per line. */
export const codeOf = (source: string): string =>
  transformSync(source, {
    loader: 'ts',
    legalComments: 'none',
    target: 'esnext',
    minifyWhitespace: true,
  }).code;

const codes = new Map<string, string>();

/** The code of one of SOURCES. */
export function codeIn(file: string): string {
  const code = codes.get(file) ?? codeOf(read(file));
  codes.set(file, code);
  return code;
}

/** Does a source load a module other than by named imports: as a whole, or later? */
export const loadsWhole = (file: string, module: RegExp): boolean =>
  [
    ...codeIn(file)
      .replace(/import\{[^}]*\}from"[^"]+"/g, '')
      .matchAll(/(?:from|import\(?)"([^"]+)"/g),
  ].some(([, name = '']) => module.test(name));

/** The names that a source imports from a module. */
export const importedNames = (file: string, module: RegExp): string[] =>
  [...codeIn(file).matchAll(/import\{([^}]*)\}from"([^"]+)"/g)].flatMap(([, names = '', from = '']) =>
    module.test(from) ? names.split(',').map((name) => name.replace(/ as .*/, '')) : [],
  );
