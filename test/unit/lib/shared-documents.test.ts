import { expect } from 'chai';
import { parseDocument } from '../../../db/json-document.js';
import { createRandom, type Random } from '../../support/random.js';
import { documentOf } from '../../support/samples.js';

const TEXTS = [
  '',
  'x',
  '}',
  '{"',
  '","',
  '\\',
  '"',
  'ü中',
  '\n',
  '\u2028',
  '1234567890123456789',
  'toString',
];
const KEYS = ['ClientID', 'Requests', 'X', 'a.b', 'a b', 'no', '7', 'ä', '"', 'toString', '__proto__'];

function someJson(random: Random, depth = 0): string {
  const kind = random.below(depth > 3 ? 4 : 7);
  if (kind < 2) return JSON.stringify(random.pick(TEXTS));
  if (kind === 2)
    return random.pick(['0', '-1', '1.50', '17', '1e3', '123456789012345', '12345678901234567']);
  if (kind === 3) return random.pick(['true', 'false', 'null']);
  const length = random.below(4);
  if (kind === 4) return `[${Array.from({ length }, () => someJson(random, depth + 1)).join(',')}]`;
  return objectJson(random, depth + 1, length);
}

function objectJson(random: Random, depth: number, length: number): string {
  const members = Array.from(
    { length },
    () => `${JSON.stringify(random.pick(KEYS))}:${someJson(random, depth)}`,
  );
  return `{${members.join(random.chance(0.05) ? ', ' : ',')}}`;
}

/** A text that is JSON mostly. */
function damaged(random: Random, json: string): string {
  if (random.chance(0.9)) return json;
  const at = random.below(json.length);
  return json.slice(0, at) + random.pick(['', '}', '"', ',', ' ', '1']) + json.slice(at + random.below(2));
}

/** With a space before it, a document is read by itself. */
const readAlone = (json: string) => parseDocument(` ${json}`);

describe('documents that have something in common', () => {
  for (const seed of [1, 2])
    it(`are read as if each was read alone, seed ${seed}`, () => {
      const random = createRandom(seed);
      const documents = Array.from({ length: 40 }, () => objectJson(random, 0, 1 + random.below(5)));
      for (let n = 0; n < 4000; n++) {
        const json = damaged(random, random.chance(0.5) ? random.pick(documents) : objectJson(random, 0, 3));
        expect(JSON.stringify(parseDocument(json)), json).to.equal(JSON.stringify(readAlone(json)));
        expect(parseDocument(json), json).to.deep.equal(readAlone(json));
      }
    });

  it('share one frozen object for each equal part, whatever surrounds it, and for equal documents', () => {
    const document = documentOf('google-mail', { ClientID: 'a', ClientSecret: 'b' });
    const first = parseDocument(JSON.stringify(document));
    const other = parseDocument(JSON.stringify({ Name: 'x', ...document, ClientID: 'c' }));
    expect(other.Requests).to.equal(first.Requests).and.deep.equal(document.Requests);
    expect(other.ClientID).to.equal('c');
    expect(() => Object.assign(first.Requests ?? {}, { x: 1 })).to.throw(TypeError);
    const text = JSON.stringify(document);
    expect(parseDocument(text)).to.equal(parseDocument(text));
    expect(() => Object.assign(parseDocument(text), { x: 1 })).to.throw(TypeError);
  });

  it('are remembered up to a limit, and only short ones', () => {
    const text = (n: number) => JSON.stringify({ ClientID: `client-${n}`, Requests: { n } });
    const first = parseDocument(text(0));
    for (let n = 1; n < 60; n++) parseDocument(text(n));
    expect(parseDocument(text(0))).to.deep.equal(first);
    expect(parseDocument(text(0))).to.not.equal(first);
    expect(parseDocument(text(0)).Requests).to.not.equal(first.Requests);
    const long = JSON.stringify({ Requests: { long: 'x'.repeat(10_000) } });
    expect(parseDocument(long)).to.not.equal(parseDocument(long));
  });
});
