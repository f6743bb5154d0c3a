import { readFileSync } from 'node:fs';
import { expect } from 'chai';
import {
  AADSTS,
  BY_ERROR,
  CLIENT_CURES,
  CONSENT_CAUSES,
} from '../../plugin/domain/provider/explain-provider-error.js';

const page = readFileSync('docs/troubleshooting.md', 'utf8');
const first = (heading: string) => {
  const part = page.split(`## ${heading}`)[1]?.split('\n## ')[0] ?? '';
  return new Set(part.split('\n').flatMap((line) => (line.split('|')[1] ?? '').match(/\w+/g) ?? []));
};
const keys = [AADSTS, BY_ERROR, CLIENT_CURES, CONSENT_CAUSES].flatMap(Object.keys);

describe('docs/troubleshooting.md', () => {
  it("lists each of Microsoft's numbers that the screens explain, and no others", () => {
    const documented = [...first("By Microsoft's number")].filter((word) => /^\d+$/.test(word));
    expect(documented.sort()).to.deep.equal([...new Set(keys.filter((key) => /^\d+$/.test(key)))].sort());
  });

  it('lists each error that the screens explain', () => {
    const documented = first('By code of the provider');
    expect(Object.keys(BY_ERROR).filter((error) => !documented.has(error))).to.deep.equal([]);
  });
});
