import { transformSync } from 'esbuild';

/** A source file without its types and comments, which may name any server or product; about one statement per line. */
export const codeOf = (source: string): string =>
  transformSync(source, {
    loader: 'ts',
    legalComments: 'none',
    target: 'esnext',
    minifyWhitespace: true,
  }).code;
