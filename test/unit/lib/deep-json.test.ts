import { expect } from 'chai';
import { parse } from 'yaml';
import { parseDocument, sameDocument, writeDocument } from '../../../db/json-document.js';
import { documentDifference } from '../../../plugin/domain/configuration/document-difference.js';
import { withoutSecrets } from '../../../plugin/domain/configuration/document-secrets.js';
import type { TokenConfig, TokenConfigDocument } from '../../../plugin/domain/configuration/token-config.js';
import { flattenDeep } from '../../../plugin/lib/deep-json.js';
import { writeTokenConfigYaml } from '../../../plugin/usecases/write-token-config-yaml.js';
import { wholeText } from '../../support/whole-text.js';

const deep = (levels: number, inside = '"x"') => `${'{"a":['.repeat(levels)}${inside}${']}'.repeat(levels)}`;
const stored = (part: string) => `{"ClientID":"c","Odd":${part},"Scope":"s"}`;

const yamlOf = (config: TokenConfig) => wholeText(writeTokenConfigYaml([[config]], () => 'then'));

const configOf = (document: TokenConfigDocument): TokenConfig => ({
  id: 1,
  name: 'Deep',
  document,
  validId: 1,
  createTime: new Date(0),
  createBy: 1,
  changeTime: new Date(0),
  changeBy: 1,
});

describe('a stored document of 16 MB, the most that its column holds', () => {
  const escapes = '\\"'.repeat(8 * 1024 * 1024 - 1000);
  it('is read and written as it is, where a text is full of escapes', () => {
    const json = `{"ClientID":"c","n":"1234567890123456","Odd":"${escapes}"}`;
    expect(parseDocument(json).ClientID).to.equal('c');
    expect(writeDocument(parseDocument(json)) === json).to.equal(true);
  });

  it('is read and written as it is, where that text is nested deeply', () => {
    const json = stored(deep(20, `"${escapes.slice(0, 8_000_000)}"`));
    expect(writeDocument(parseDocument(json)) === json).to.equal(true);
  });

  it('keeps long numbers as texts with the same digits, and no other', () => {
    const json = '{"a":[-12345678901234567890,12,"12345678901234567890",0.5e10],"b":1234567890123456}';
    expect(writeDocument(parseDocument(json))).to.equal(
      '{"a":["-12345678901234567890",12,"12345678901234567890",5000000000],"b":"1234567890123456"}',
    );
  });
});

describe('a stored document with deep nesting', () => {
  for (const levels of [20, 1500, 100_000])
    it(`is returned unchanged: ${2 * levels} levels`, () => {
      const json = stored(deep(levels, '"q\\"[{ \\\\",12345678901234567890'));
      const document = parseDocument(json);
      expect(document.ClientID).to.equal('c');
      expect(writeDocument(document)).to.equal(json);
      expect(writeDocument({ ...structuredClone(document), ClientID: 'd' })).to.equal(
        json.replace('"c"', '"d"'),
      );
      expect(sameDocument(document, parseDocument(json))).to.equal(true);
      expect(sameDocument(document, parseDocument(json.replace('"q', '"r')))).to.equal(false);
    });

  it('is exported whole with secrets, and without them minus the deep part', async () => {
    const document = parseDocument(stored(deep(1500)));
    const yaml = await yamlOf(configOf(document));
    expect(yaml).to.contain('"x"').and.contain('    ClientID: c\n').and.not.contain('json:');
    const shallow = parseDocument(stored(deep(20)));
    const [entry] = parse(await yamlOf(configOf(shallow))) as {
      Config: unknown;
    }[];
    expect(JSON.stringify(entry?.Config)).to.equal(stored(deep(20)));
    const clean = await yamlOf(configOf(withoutSecrets(document)));
    expect(clean).to.contain('ClientID: c').and.not.contain('"x"').and.not.contain('deep_');
  });

  it('shows that it differs, but not what it holds', () => {
    const [difference, ...others] = documentDifference(
      parseDocument(stored(deep(1500))),
      parseDocument(stored(deep(1500, '"y"'))),
    );
    expect(others).to.deep.equal([]);
    expect(difference).to.deep.include({ kind: 'changed', secret: true, before: '', after: '' });
  });

  it('is treated specially, but not a flat document, brackets in texts or what is not JSON', () => {
    for (const json of [
      '{"a":"[[["}',
      deep(16),
      '{"a":"\\"{"',
      '',
      '}}}}',
      '[[[',
      `{"a":"${'{'.repeat(100)}"}`,
    ])
      expect(flattenDeep(json)).to.equal(json);
    expect(parseDocument('[[[')).to.deep.equal({});
    expect(writeDocument({ Scope: '\0json:[' })).to.equal('{"Scope":"\\u0000json:["}');
  });
});
