import { expect } from 'chai';
import { parse } from 'yaml';
import { createOutput } from '../../../plugin/cli/output.js';
import type { TokenConfig } from '../../../plugin/domain/configuration/token-config.js';
import { createLog } from '../../../plugin/lib/log.js';
import { writeTokenConfigYaml } from '../../../plugin/usecases/write-token-config-yaml.js';
import { wholeText } from '../../support/whole-text.js';

/** What a terminal acts on: C0, DEL, C1 (U+009B is ESC [ in one), direction marks, invisible marks, line separators. */
const OBEYED = /[\p{Cf}\p{Zl}\p{Zp}]|(?!\n)\p{Cc}/u;
const HOSTILE = 'a\x1b[31m \x9b2J \x7f \u202eevil\u2066 \u200b \u2028 \u{e0041} \u{1f3f4} ü';

const printed = (value: unknown): string => {
  const texts: string[] = [];
  const sink = { write: (text: string) => texts.push(text) };
  createOutput(sink, sink).json(value);
  return texts.join('');
};

const configNamed = (name: string, document: object): TokenConfig =>
  ({
    id: 1,
    name,
    document,
    validId: 1,
    createBy: 1,
    changeBy: 1,
    createTime: new Date(0),
    changeTime: new Date(0),
  }) as unknown as TokenConfig;

describe('what a terminal acts on', () => {
  it('is escaped in the JSON of every command, and the JSON still means the same', () => {
    const text = printed({ name: HOSTILE, [HOSTILE]: 1 });
    expect(text).not.to.match(OBEYED);
    expect(JSON.parse(text)).to.deep.equal({ name: HOSTILE, [HOSTILE]: 1 });
  });

  it('is escaped in the log, and its lines still mean the same', () => {
    const lines: string[] = [];
    const log = createLog('info', { write: (line: string) => void lines.push(line) });
    log.info({ screen: HOSTILE, [HOSTILE]: 1 }, HOSTILE);
    expect(lines.join('')).not.to.match(OBEYED);
    expect(JSON.parse(lines[0] ?? '')).to.include({ screen: HOSTILE, [HOSTILE]: 1, msg: HOSTILE });
  });

  for (const [where, name] of Object.entries({
    'in one line': HOSTILE,
    'in several lines': `first\n${HOSTILE}\nlast`,
    'that YAML would write without quotes': 'a\u202eb',
  }))
    it(`is escaped in an export, ${where}, and the export still means the same`, async () => {
      const document = { Scope: name, Sidecar: { [name]: [name] } };
      const text = await wholeText(
        writeTokenConfigYaml([[configNamed(name, document)]], () => '2026-11-24 14:05:00'),
      );
      expect(text).not.to.match(OBEYED);
      expect(parse(text, { version: '1.1' })).to.have.nested.property('[0].Name', name);
      expect((parse(text, { version: '1.1' }) as { Config: object }[])[0]?.Config).to.deep.equal(document);
    });

  it('leaves an export unchanged where there is none', async () => {
    const text = await wholeText(writeTokenConfigYaml([[configNamed('ünï', { Scope: 'a b' })]], () => 'x'));
    expect(text).to.equal(
      '---\n- ChangeBy: 1\n  ChangeTime: x\n  Config:\n    Scope: a b\n  CreateBy: 1\n  CreateTime: x\n  Name: ünï\n  ValidID: 1\n',
    );
  });
});
