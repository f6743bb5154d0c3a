import { readFileSync } from 'node:fs';
import { expect } from 'chai';

const STYLES = 'sysconfig/styles/OAuth2Sidecar.css';

/** Selectors in which a pseudo-class begins a line below the ancestor that it belongs to. */
const brokenLines = (css: string): string[] =>
  (css.replace(/\/\*.*?\*\//gs, '').match(/[^{},]+(?=[{,])/g) ?? [])
    .map((selector) => selector.trim())
    .filter((selector) => /[\w\])"]\s*\n\s*:/.test(selector));

describe('the style sheet', () => {
  it('has no line break before a pseudo-class: the helpdesk removes it, and the descendant becomes the element itself', () => {
    expect(brokenLines('.A\n  :is(.B) { color: red; }'), 'it would be found').to.have.length(1);
    expect(brokenLines('.A :is(.B), .A > :is(.B)\n.C { color: red; }')).to.deep.equal([]);
    expect(brokenLines(readFileSync(STYLES, 'utf8'))).to.deep.equal([]);
  });
});
