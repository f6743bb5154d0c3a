import { readFileSync } from 'node:fs';
import path from 'node:path';
import { expect } from 'chai';

/** Holds the table of docs/security.md: each test that it names is there. */
const root = path.resolve(import.meta.dirname, '../..');
const [, table = ''] = readFileSync(path.join(root, 'docs/security.md'), 'utf8').split('## RFC 9700');
const rows = table.split('\n').filter((line) => /^\| \d/.test(line));

describe('RFC 9700 in docs/security.md', () => {
  it('has a row for each section that concerns a client', () => {
    const sections = rows.flatMap((row) => (row.split('|')[1] ?? '').match(/\d(?:\.\d+)+/g) ?? []);
    const expected = ['2.1', '2.1.1', '2.1.2', '2.2.1', '2.2.2', '2.3', '2.4', '2.5', '2.6'];
    for (let attack = 1; attack <= 17; attack++) expected.push(`4.${attack}`);
    expect(expected.filter((section) => !sections.includes(section))).to.deep.equal([]);
  });

  for (const row of rows.filter((line) => !line.endsWith('| – |')))
    it(`names tests that there are: ${row.split('|')[1]?.trim()}`, () => {
      const files = [...row.matchAll(/`(test\/[\w/.-]+)`: ((?:"[^"]+"(?:, )?)+)/g)];
      expect(files.length).to.be.greaterThan(0);
      for (const [, file = '', names = ''] of files) {
        const text = readFileSync(path.join(root, file), 'utf8');
        for (const [, name = ''] of names.matchAll(/"([^"]+)"/g)) expect(text, file).to.include(name);
      }
    });
});
