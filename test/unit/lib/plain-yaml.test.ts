import { expect } from 'chai';
import { stringify } from 'yaml';
import { partWithoutSecrets, withoutSecrets } from '../../../plugin/domain/configuration/document-secrets.js';
import type { TokenConfig, TokenConfigDocument } from '../../../plugin/domain/configuration/token-config.js';
import { createPlainYaml } from '../../../plugin/lib/plain-yaml.js';
import { freezeDeep, remembering } from '../../../plugin/lib/shared-parts.js';
import { writeTokenConfigYaml } from '../../../plugin/usecases/write-token-config-yaml.js';
import { createRandom, type Random } from '../../support/random.js';
import { documentOf } from '../../support/samples.js';
import { wholeText } from '../../support/whole-text.js';

const FORM = { sortMapEntries: true, lineWidth: 0, version: '1.1', aliasDuplicateObjects: false } as const;
const library = (value: unknown) => stringify(value, FORM);

/** Pieces of texts that YAML 1.1 reads as something else, or writes in quotes. */
const PIECES = [
  ...'aeEyYnNoOtTzZxXbBfF0129_.:-+ #?&*!|>\'"%@`,[]{}~=/\\$(;ü中é\t\n',
  ...[
    'true',
    'Null',
    'NaN',
    '.inf',
    '0x',
    '0b',
    '<<',
    '---',
    '...',
    ': ',
    ' #',
    '2026-11-24',
    'T10:00',
    '12:30',
  ],
  ...['\u00a0', '\u0301', '\u0663', '\u{1f600}', '\u202e', '\u0000', '\ud800'],
];
const NUMBERS = [0, -0, 1, -17, 1.5, 1e21, 1e-7, Number.MAX_SAFE_INTEGER];

const textOf = (random: Random): string =>
  Array.from({ length: random.below(7) }, () => random.pick(PIECES)).join('');

function someValue(random: Random, depth = 0): unknown {
  const kind = random.below(depth > 4 ? 5 : 8);
  if (kind < 3) return textOf(random);
  if (kind === 3) return random.pick(NUMBERS);
  if (kind === 4) return random.pick([true, false, null]);
  const length = random.below(4);
  if (kind === 5) return Array.from({ length }, () => someValue(random, depth + 1));
  const key = () => (random.chance(0.2) ? textOf(random) : random.pick(['a', 'B', 'c_d', 'e1', 'no', 'k-9']));
  return Object.fromEntries(Array.from({ length }, () => [key(), someValue(random, depth + 1)]));
}

const entryOf = (document: TokenConfigDocument, name: string): TokenConfig => ({
  id: 1,
  name,
  document,
  validId: 1,
  createTime: new Date(0),
  createBy: 1,
  changeTime: new Date(0),
  changeBy: 1,
});

describe('YAML of simple values', () => {
  for (const seed of [1, 2, 3])
    it(`is what the library writes, or is left to it, seed ${seed}`, () => {
      const random = createRandom(seed);
      let written = 0;
      for (let n = 0; n < 10_000; n++) {
        const value = [someValue(random)];
        const text = createPlainYaml()(value);
        if (text === null) continue;
        written++;
        expect(text, JSON.stringify(value)).to.equal(library(value));
      }
      expect(written).to.be.greaterThan(1000);
    });

  for (const seed of [4, 5])
    it(`is what the library writes for single texts, seed ${seed}`, async () => {
      const random = createRandom(seed);
      for (let n = 0; n < 3000; n++) {
        const document = { Extra: someValue(random, 3), Scope: textOf(random) };
        const name = textOf(random).replace(/[\p{Cf}\p{Zl}\p{Zp}\p{Cc}]/gu, '');
        const whole = JSON.stringify({ document, name });
        // What controls a terminal is escaped; other tests cover that.
        if (/\\u|\u202e/.test(whole)) continue;
        const text = await wholeText(writeTokenConfigYaml([[entryOf(document, name)]], () => 'then'));
        const expected = { ChangeBy: 1, ChangeTime: 'then', CreateBy: 1, CreateTime: 'then', ValidID: 1 };
        expect(text, whole).to.equal(`---\n${library([{ ...expected, Config: document, Name: name }])}`);
      }
    });

  it('is enough for whole documents of the templates, without the library', () => {
    for (const template of ['microsoft-common', 'google-mail']) {
      const entry = {
        ChangeTime: '2026-11-24 14:05:00',
        Config: documentOf(template, {
          ClientID: '5e0f0d6a-1111-4222-8333-1234567890ab',
          ClientSecret: '8Q~x',
        }),
        Name: 'Büro 7',
        ValidID: 1,
      };
      expect(createPlainYaml()([entry])).to.equal(library([entry]));
    }
  });

  it('repeats what documents share as if each had its own', async () => {
    const random = createRandom(6);
    const some = [-0, 0, 'x:0', null, '', ['p'], { b: 'x: y', a: [] }].map((a) => freezeDeep({ a }));
    const odd = freezeDeep({ Scope: 'odd', 'no key': 1 });
    const documentOfOne = (n: number) =>
      random.chance(0.1)
        ? odd
        : { Scope: `s${n % 7}`, X: random.pick(some), List: [random.pick(some)], ClientSecret: 'secret' };
    const documents = Array.from({ length: 300 }, (_none, n) => documentOfOne(n));
    const pageOf = (list: object[]) =>
      list.map((document, n) => entryOf(document as TokenConfigDocument, `Mailbox ${n}`));
    const own = pageOf(documents.map((document) => structuredClone(document)));
    const yamlOf = (page: TokenConfig[]) => wholeText(writeTokenConfigYaml([page], () => 'then'));
    expect(await yamlOf(pageOf(documents))).to.equal(await yamlOf(own));
    const clean = remembering(partWithoutSecrets);
    expect(documents.map((document) => withoutSecrets(document, clean))).to.deep.equal(
      own.map(({ document }) => withoutSecrets(document)),
    );
  });

  it('is the same in pages of every size, whatever differs between two configurations', async () => {
    const random = createRandom(7);
    const day = (n: number) => new Date(Date.UTC(2026, 0, 1 + n));
    const all = Array.from({ length: 400 }, (_none, n): TokenConfig => {
      const text = random.pick(['中', 'é', 'x', '\u{1f600}']).repeat(random.below(300));
      const document = { Scope: text, ClientID: random.pick(['yes', '1e5', 'a\nb', 'c']) };
      const some = () => random.below(3);
      return {
        ...entryOf(document as TokenConfigDocument, `${text}${n}`),
        ...{
          validId: some(),
          createBy: some(),
          changeBy: some(),
          createTime: day(some()),
          changeTime: day(some()),
        },
      };
    });
    const date = (at: Date) => at.toISOString();
    const yamlOf = (...pages: TokenConfig[][]) => wholeText(writeTokenConfigYaml(pages, date));
    const expected = all.map(({ id: _id, ...one }) => ({
      ...{
        Name: one.name,
        ValidID: one.validId,
        Config: one.document,
        CreateBy: one.createBy,
        ChangeBy: one.changeBy,
      },
      ...{ CreateTime: date(one.createTime), ChangeTime: date(one.changeTime) },
    }));
    const whole = `---\n${library(expected)}`;
    expect(await yamlOf(all), 'one page').to.equal(whole);
    expect(await yamlOf(all.slice(0, 7), [], all.slice(7, 8), all.slice(8)), 'pages').to.equal(whole);
  });

  it('keeps apart maps whose keys contain what separates keys', () => {
    const write = createPlainYaml();
    expect(write([{ a: 1, b: 2 }])).to.equal('- a: 1\n  b: 2\n');
    expect(write([{ 'a\nb': 1 }])).to.equal(null);
    expect(write([{ b: 1, a: 2 }])).to.equal('- a: 2\n  b: 1\n');
  });

  it('takes linear time for a text that is almost plain', () => {
    expect(createPlainYaml()([`1${'g'.repeat(300_000)}!`])).to.equal(null);
  });
});
