import { readFileSync, writeFileSync } from 'node:fs';
import { expect } from 'chai';
import { describedCauses } from '../../plugin/domain/provider/causes/describe-causes.js';

const FILE = 'docs/troubleshooting.md';

/** The page with the tables of causes as they are today. */
function withTables(page: string): string {
  const { codes, numbers } = describedCauses();
  const between = (text: string, name: string, table: string) =>
    text.replace(
      new RegExp(`(<!-- ${name}: begin[^\\n]*-->\\n)[\\s\\S]*?(\\n<!-- ${name}: end -->)`),
      (_all, begin: string, end: string) => `${begin}${table}${end}`,
    );
  return between(between(page, 'codes', codes), 'numbers', numbers);
}

// UPDATE_DOCS=1 writes the tables.
describe('docs/troubleshooting.md', () => {
  it('has the causes of plugin/domain/provider/causes, each with who acts and what to do', () => {
    const page = readFileSync(FILE, 'utf8');
    expect(page).to.contain('<!-- codes: begin').and.contain('<!-- numbers: begin');
    if (process.env.UPDATE_DOCS === '1') writeFileSync(FILE, withTables(page));
    else expect(page).to.equal(withTables(page));
  });
});
