import { readFileSync } from 'node:fs';
import path from 'node:path';
import { expect } from 'chai';
import { CATALOGUE } from '../../plugin/errors.js';

const ROOT = path.resolve(import.meta.dirname, '../..');

describe('the error catalogue', () => {
  it('is listed in docs/operations.md, every code with its status and text', () => {
    const lines = readFileSync(path.join(ROOT, 'docs/operations.md'), 'utf8').split('\n');
    const documented = lines.filter((line) => /^\| `[a-z-]+` \| \d{3} \|/.test(line));
    const expected = Object.entries(CATALOGUE).map(
      ([code, [status, ...texts]]) => `| \`${code}\` | ${status} | ${texts.join(' ')} |`,
    );
    expect(documented).to.deep.equal(expected);
  });
});
