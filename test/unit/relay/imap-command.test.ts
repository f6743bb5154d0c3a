import { expect } from 'chai';
import { literalMark, parseImapCommand } from '../../../plugin/relay/imap-command.js';
import { createRandom } from '../../support/random.js';

const parse = (text: string) => parseImapCommand([{ text }]);

describe('an IMAP command before the sign-in', () => {
  it('is taken apart: atoms, quoted strings with escapes, an empty one', () => {
    expect(parse('a1 login me@example.test "a \\"b\\" \\\\ c"')).to.deep.equal({
      tag: 'a1',
      name: 'LOGIN',
      args: ['me@example.test', 'a "b" \\ c'],
    });
    expect(parse('. NOOP')).to.deep.equal({ tag: '.', name: 'NOOP', args: [] });
    expect(parse('x AUTHENTICATE PLAIN =')).to.deep.equal({
      tag: 'x',
      name: 'AUTHENTICATE',
      args: ['PLAIN', '='],
    });
    expect(parse('x LOGIN "" ""')).to.deep.include({ args: ['', ''] });
  });

  it('may have literals at any place, whose content is not looked at', () => {
    expect(
      parseImapCommand([
        { text: 'a LOGIN ' },
        { literal: 'x"\r\n{3}' },
        { text: ' ' },
        { literal: 'p' },
        { text: '' },
      ]),
    ).to.deep.equal({ tag: 'a', name: 'LOGIN', args: ['x"\r\n{3}', 'p'] });
    expect(parseImapCommand([{ text: 'a LOGIN me ' }, { literal: 'p' }, { text: '' }])).to.deep.include({
      args: ['me', 'p'],
    });
    expect(parseImapCommand([{ text: 'a LOGIN ' }, { literal: 'me' }, { text: ' "p"' }])).to.deep.include({
      args: ['me', 'p'],
    });
  });

  it('that is none still has its tag, so that the answer reaches its command', () => {
    for (const text of ['a LOGIN "open', 'a LOGIN  two', 'a LOGIN x ', 'a L0GIN x', 'a', 'a '])
      expect(parse(text), text).to.deep.equal({ tag: 'a' });
    expect(parseImapCommand([{ text: 'a LOGIN x' }, { literal: 'y' }, { text: '' }])).to.deep.equal({
      tag: 'a',
    });
    for (const text of ['', ' a NOOP', '* BYE', '+ OK', 'a{ NOOP', 'ä NOOP'])
      expect(parse(text), text).to.equal(null);
  });

  it('is ID, whatever its list contains', () => {
    const id = { tag: 'a', name: 'ID', args: [] };
    for (const text of ['a ID', 'a id NIL', 'a ID ("name" "Mail" "version" NIL)', 'a ID ("open'])
      expect(parse(text), text).to.deep.equal(id);
    expect(
      parseImapCommand([{ text: 'a ID ("name" ' }, { literal: '"' }, { text: ' "os" NIL)' }]),
    ).to.deep.equal(id);
  });

  it('announces literals at the end of a line only, with and without waiting', () => {
    expect(literalMark('a LOGIN {5}')).to.deep.equal({ text: 'a LOGIN ', length: 5, waits: true });
    expect(literalMark('a LOGIN {05+}')).to.deep.equal({ text: 'a LOGIN ', length: 5, waits: false });
    for (const line of ['a LOGIN {5} ', 'a LOGIN {-5}', 'a LOGIN {5', 'a LOGIN {12345678901}'])
      expect(literalMark(line), line).to.equal(null);
  });

  it('is never taken apart into more than was sent, whatever it contains', () => {
    const random = createRandom(21);
    const signs = 'aL1 "\\{}+*%()\u00e9\u0001\t.=';
    for (let count = 0; count < 20_000; count++) {
      const text = `a LOGIN ${Array.from({ length: random.below(24) }, () => signs[random.below(signs.length)]).join('')}`;
      const found = parse(text);
      if (!found || !('args' in found)) continue;
      const sent = text.slice(8).replace(/[\\" ]/g, '');
      expect(found.args.join('').replace(/[\\" ]/g, ''), text).to.equal(sent);
    }
  });
});
