import { execFileSync } from 'node:child_process';
import { expect } from 'chai';
import { fitted, width, wrap } from '../../../plugin/cli/layout.js';
import { createOutput } from '../../../plugin/cli/output.js';
import { nearest } from '../../../plugin/lib/nearest.js';
import { ROOT } from '../../lab/instance.js';
import { callCli } from '../../support/cli.js';

const printed = (
  terminal: { isTTY?: boolean; columns?: number },
  env: Record<string, string>,
  work: (out: ReturnType<typeof createOutput>) => void,
) => {
  let text = '';
  const sink = { write: (more: string) => (text += more), ...terminal };
  work(createOutput(sink, sink, env));
  return text;
};
const SENTENCE = 'The client secret has expired. Enter a new one.';
const table = (out: ReturnType<typeof createOutput>) =>
  out.table(
    ['ID', 'NAME', 'STATE', 'DETAILS'],
    [
      [1, 'Support', { text: 'client-rejected', tone: 'fault' }, SENTENCE],
      [20, 'averyveryverylongnamewithoutspaces', { text: 'valid', tone: 'good' }, null],
    ],
  );

describe('a table', () => {
  it('fits the terminal: the widest columns become narrower, and no word is lost', () => {
    const text = printed({ isTTY: true, columns: 60 }, { NO_COLOR: '1' }, table);
    const lines = text.trimEnd().split('\n');
    expect(Math.max(...lines.map(width))).to.be.at.most(60);
    expect(lines[0]?.split(/ {2,}/)).to.deep.equal(['ID', 'NAME', 'STATE', 'DETAILS']);
    expect(text.match(/[a-z]+(?= |\n|$)/g)?.length).to.be.greaterThan(8);
    for (const word of SENTENCE.split(' ')) expect(text).to.contain(word);
    expect(text.replace(/\s+/g, '')).to.contain('client-rejected');
  });

  it('has one line for each row where it does not go to a terminal', () => {
    const text = printed({ columns: 60 }, {}, table);
    expect(text.trimEnd().split('\n')).to.have.length(3);
    expect(text).to.contain(SENTENCE);
  });

  it('stays as wide as its heads in a terminal that is narrower still', () => {
    expect(fitted([40, 9, 30], [4, 9, 5], 10)).to.deep.equal([8, 9, 8]);
    expect(fitted([4, 9], [4, 9], undefined)).to.deep.equal([4, 9]);
  });

  it('breaks texts between words, and words that are longer than the line', () => {
    expect(wrap('one two three', 7)).to.deep.equal(['one two', 'three']);
    expect(wrap('支持支持支持', 4)).to.deep.equal(['支持', '支持', '支持']);
    expect(wrap('', 5)).to.deep.equal(['']);
  });
});

describe('the help', () => {
  it('fits a real terminal', () => {
    const command = `stty cols 70; exec ${process.execPath} --import tsx plugin/cli.ts help config add`;
    const said = execFileSync('script', ['-qec', command, '/dev/null'], { cwd: ROOT, env: process.env });
    const lines = said.toString().split('\r\n');
    // A command to copy is not broken.
    const texts = lines.filter((line) => !line.startsWith('  znuny-oauth2 '));
    expect(texts.length).to.be.greaterThan(40);
    expect(texts.filter((line) => width(line) > 70)).to.deep.equal([]);
  });
});

describe('colour', () => {
  const red = '\u001b[31mclient-rejected\u001b[0m';
  it('is on a terminal only, and not with NO_COLOR or on a dumb terminal', () => {
    const wide = { isTTY: true, columns: 200 };
    expect(printed(wide, {}, table))
      .to.contain(red)
      .and.contain('\u001b[32mvalid\u001b[0m');
    expect(printed(wide, { NO_COLOR: '' }, table)).to.contain(red);
    for (const [terminal, env] of [
      [{}, {}],
      [wide, { NO_COLOR: '1' }],
      [wide, { TERM: 'dumb' }],
    ] as const)
      expect(printed(terminal, env, table)).to.not.contain('\u001b');
  });

  it('never comes from a name', () => {
    const text = printed({ isTTY: true, columns: 80 }, {}, (out) =>
      out.table(['NAME'], [[{ text: 'a\u001b[31mb', tone: 'note' }]]),
    );
    expect(text).to.equal('NAME\na\ufffd[31mb\n');
  });
});

describe('a mistyped word', () => {
  it('is compared with what there is', () => {
    expect(nearest('lst', ['list', 'show'])).to.equal('list');
    expect(nearest('lsit', ['list', 'show'])).to.equal('list');
    expect(nearest('TOKEN', ['token', 'config'])).to.equal('token');
    expect(nearest('mailbox', ['token', 'config'])).to.equal(undefined);
    expect(nearest('x'.repeat(10_000), ['x'])).to.equal(undefined);
  });

  for (const [words, advice] of [
    [['tokens', 'list'], 'Did you mean "token list"?'],
    [['config', 'lst'], 'Did you mean "config list"?'],
    [['doktor'], 'Did you mean "doctor"?'],
    [['serv', 'now'], 'Did you mean "serve"?'],
    [['help', 'token', 'renw'], 'Did you mean "token renew"?'],
    [['token', 'list', '--atention'], `Unknown option '--atention'. Did you mean "--attention"?`],
    [['token', 'list', '--state', 'vald'], 'Did you mean "valid"?'],
    [['completion', 'bsh'], 'Did you mean "bash"?'],
  ] as const)
    it(`gets advice: ${words.join(' ')}`, async () => {
      const { code, err } = await callCli(...words);
      expect(code).to.equal(2);
      expect(err).to.contain(advice);
    });

  it('gets none where nothing is similar', async () => {
    expect((await callCli('nonsense')).err).to.not.contain('Did you mean');
  });
});
