import { expect } from 'chai';
import { missingTests, namedTests, readDoc } from './named-tests.js';

const doc = readDoc('security.md');
const [, table = ''] = doc.split('## RFC 9700');
const rows = table.split('\n').filter((line) => /^\| \d/.test(line));
const [, promises = ''] = /## What is promised\n([\s\S]*?)\n## /.exec(doc) ?? [];

describe('docs/security.md', () => {
  it('names only tests that there are', () => {
    expect(missingTests(doc)).to.deep.equal([]);
  });

  it('is caught when it names others', () => {
    expect(missingTests('`test/e2e/none.test.ts`')).to.deep.equal(['test/e2e/none.test.ts']);
    const title = ['no', 'such', 'title'].join(' ');
    const text = `\`test/guard/security-promises.test.ts\`: "names only tests that there are", "${title}"`;
    expect(missingTests(text)).to.deep.equal([`test/guard/security-promises.test.ts: "${title}"`]);
  });

  const promised = promises.split('\n').filter((line) => /^\| (?!---|Promise)/.test(line));
  it('makes promises', () => {
    expect(promised.length).to.be.greaterThan(15);
  });
  for (const row of promised)
    it(`has a test for: ${row.split('|')[1]?.trim()}`, () => {
      expect(namedTests(row)).to.be.greaterThan(0);
    });
});

describe('RFC 9700 in docs/security.md', () => {
  it('has a row for each section that concerns a client', () => {
    const sections = rows.flatMap((row) => (row.split('|')[1] ?? '').match(/\d(?:\.\d+)+/g) ?? []);
    const expected = ['2.1', '2.1.1', '2.1.2', '2.2.1', '2.2.2', '2.3', '2.4', '2.5', '2.6'];
    for (let attack = 1; attack <= 17; attack++) expected.push(`4.${attack}`);
    expect(expected.filter((section) => !sections.includes(section))).to.deep.equal([]);
  });

  for (const row of rows.filter((line) => !line.endsWith('| – |')))
    it(`names a test for: ${row.split('|')[1]?.trim()}`, () => {
      expect(namedTests(row)).to.be.greaterThan(0);
      expect(missingTests(row)).to.deep.equal([]);
    });
});
