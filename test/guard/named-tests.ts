import { existsSync, readFileSync } from 'node:fs';
import path from 'node:path';

const ROOT = path.resolve(import.meta.dirname, '../..');

/** `` `test/e2e/x.test.ts`: "a title", "another" `` in a text: a test file, and titles of tests in it. */
const NAMED = /`(test\/[\w/.-]+\.test\.ts)`(?:: ((?:"[^"]+"(?:,\s+)?)+))?/g;

/** The tests that a text names but that do not exist: files, and titles that their file does not contain. */
export function missingTests(text: string): string[] {
  return [...text.matchAll(NAMED)].flatMap(([, file = '', titles = '']) => {
    if (!existsSync(path.join(ROOT, file))) return [file];
    const source = readFileSync(path.join(ROOT, file), 'utf8');
    return [...titles.matchAll(/"([^"]+)"/g)]
      .map(([, title = '']) => title.replace(/\s+/g, ' '))
      .filter((title) => !source.includes(title))
      .map((title) => `${file}: "${title}"`);
  });
}

/** The number of test files that a text names. */
export const namedTests = (text: string): number => [...text.matchAll(NAMED)].length;

export const readDoc = (name: string): string => readFileSync(path.join(ROOT, 'docs', name), 'utf8');
