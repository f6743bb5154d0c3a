import { readFileSync } from 'node:fs';
import path from 'node:path';
import { expect } from 'chai';
import { COMMANDS } from '../../../plugin/cli/commands.js';
import { width } from '../../../plugin/cli/layout.js';
import { createOutput } from '../../../plugin/cli/output.js';
import { findHome } from '../../../plugin/config/find-home.js';
import { callCli as call } from '../../support/cli.js';

describe('the command line', () => {
  it('lists every command with its summary', async () => {
    const { code, out } = await call('help');
    expect(code).to.equal(0);
    for (const [name, load] of Object.entries(COMMANDS)) {
      expect(out).to.match(new RegExp(`^  ${name} +\\S`, 'm'));
      expect(out).to.contain((await load()).command.summary);
    }
  });

  it('prints examples for every command, all of which it accepts', async () => {
    for (const [name, load] of Object.entries(COMMANDS)) {
      const { command } = await load();
      expect(command.examples.length, name).to.be.greaterThan(0);
      const { code, out } = await call(...name.split(' '), '--help');
      expect(code, name).to.equal(0);
      for (const [line, what] of command.examples) {
        expect(line.startsWith(name), `${name}: ${line}`).to.equal(true);
        expect(out).to.contain(`znuny-oauth2 ${line}`).and.contain(what);
        const words = [...(line.split(/ [|>&]/)[0] ?? '').matchAll(/"([^"]*)"|(\S+)/g)];
        // With --help a command does nothing, but its options are still checked.
        const checked = await call(...words.map(([, quoted, word]) => quoted ?? word ?? ''), '--help');
        expect(checked.code, `${line}: ${checked.err}`).to.equal(0);
      }
    }
  });

  for (const words of [
    ['\u001b[31m\u009b'],
    ['help', '\u001b[2J'],
    ['config', '\u202e'],
    ['config', 'import', '/x\u001b[31m'],
    ['token', 'show', 'a', 'b\u0007'],
  ])
    it(`never writes control characters of its own words to the terminal: ${JSON.stringify(words)}`, async () => {
      const { code, err } = await call(...words);
      expect(code).to.equal(2);
      expect(err)
        .to.contain('\ufffd')
        .and.not.match(/(?!\n)\p{Cc}|\p{Cf}/u);
    });

  it('prints the version of the package', async () => {
    const { version } = JSON.parse(
      readFileSync(path.resolve(import.meta.dirname, '../../../package.json'), 'utf8'),
    );
    expect(await call('--version')).to.deep.equal({ code: 0, out: `${version}\n`, err: '' });
  });

  it('ends with 2 after a wrong call, says what is wrong and prints nothing else', async () => {
    const wrong: [string[], string][] = [
      [[], 'Commands:'],
      [['nonsense'], 'There is no command "nonsense"'],
      [['config', 'lst', '--help'], 'There is no command "config lst". Did you mean "config list"?'],
      [['migrate', '--nonsense'], "Unknown option '--nonsense'"],
      [['migrate', 'now'], 'Unexpected argument: "now"'],
      [['help', 'nonsense'], 'There is no command "nonsense"'],
      [['migrate', '--home'], 'argument missing'],
    ];
    for (const [args, text] of wrong) {
      const { code, out, err } = await call(...args);
      expect(code, args.join(' ')).to.equal(2);
      expect(out).to.equal('');
      expect(err).to.contain(text);
    }
  });

  it("ends with 1 after a failure and explains it in the catalogue's words, as JSON where JSON was asked for", async () => {
    const plain = await call('migrate');
    expect(plain.code).to.equal(1);
    expect(plain.err)
      .to.contain('There is no Kernel/Config.pm under /nowhere')
      .and.contain('(config-unreadable)');
    const json = await call('--home', '/elsewhere', 'migrate', '--json');
    expect(JSON.parse(json.err).error).to.include({ code: 'config-unreadable' });
    expect(JSON.parse(json.err).error.details[0]).to.contain('/elsewhere');
  });
});

describe('the helpdesk of a command', () => {
  it('is the one given, else the one in the environment, else the first of the usual places', () => {
    const at = (file: string) => file.startsWith('/opt/otrs/') || file.startsWith('/usr/share/znuny/');
    expect(findHome('/a', { HELPDESK_HOME: '/b' }, at)).to.equal('/a');
    expect(findHome(undefined, { HELPDESK_HOME: '/b' }, at)).to.equal('/b');
    expect(findHome(undefined, {}, at)).to.equal('/opt/otrs');
    expect(() => findHome(undefined, {}, () => false)).to.throw('--home /opt/znuny');
  });
});

describe('what commands print', () => {
  const printed = (work: (out: ReturnType<typeof createOutput>) => void) => {
    let text = '';
    const sink = { write: (more: string) => (text += more) };
    work(createOutput(sink, sink));
    return text;
  };

  it('is a long text no faster than it is read, and no further', async () => {
    let written = 0;
    let reads = 0;
    const stdout = { write: () => ++written < 0, drained: async () => ++reads < 3 };
    const ahead: number[] = [];
    async function* text() {
      for (let n = 0; n < 10; n++) {
        ahead.push(written - reads);
        yield 'piece';
      }
    }
    await createOutput(stdout, stdout).pieces(text());
    expect({ ahead, written }).to.deep.equal({ ahead: [0, 0, 0], written: 3 });
  });

  it('is a table whose columns line up in every script', () => {
    const text = printed((out) =>
      out.table(
        ['ID', 'Name', 'State'],
        [
          [1, 'Support', 'valid'],
          [20, '支持', null],
          [3, 'e\u0301te\u0301', 'valid'],
        ],
      ),
    );
    const lines = text.split('\n');
    expect(lines).to.deep.equal([
      'ID  Name     State',
      '1   Support  valid',
      '20  支持',
      '3   e\u0301te\u0301      valid',
      '',
    ]);
    expect(width('支持')).to.equal(4);
  });

  it('holds no control characters from a name', () => {
    const hostile = 'a\u001b[31mred\u202egnp\u0007';
    const text = printed((out) => {
      out.table(['Name'], [[hostile]]);
      out.line(hostile);
      out.warn(hostile);
      out.pairs([['Name', hostile]]);
    });
    for (const sign of ['\u001b', '\u202e', '\u0007']) expect(text).to.not.contain(sign);
    expect(text).to.contain('a\ufffd[31mred\ufffdgnp\ufffd');
  });
});
