import { execFileSync } from 'node:child_process';
import { expect } from 'chai';
import { callCli } from '../../support/cli.js';
import { TYPED, type Typed, typeInto } from '../../support/completing-shell.js';

describe('shell completion', () => {
  let script: string;
  before(async () => {
    const { code, out } = await callCli('completion', 'bash');
    expect(code).to.equal(0);
    script = out;
  });

  /** What bash itself would offer for the last word. */
  const offers = (...line: string[]): string[] =>
    execFileSync(
      'bash',
      [
        '--norc',
        '-c',
        `${script}
         COMP_WORDS=("$@"); COMP_CWORD=$(($#-1)); COMPREPLY=(); _znuny_oauth2 znuny-oauth2 "\${!#}"; printf '%s\\n' "\${COMPREPLY[@]}"`,
        'bash',
        'znuny-oauth2',
        ...line,
      ],
      { encoding: 'utf8' },
    )
      .split('\n')
      .filter(Boolean);

  const cases: [string[], string[]][] = [
    [['c'], ['config', 'certificate', 'completion']],
    [
      ['config', ''],
      ['list', 'show', 'add', 'set-secret', 'export', 'import', 'copy', 'delete'],
    ],
    [
      ['--home', '/opt/znuny', 'token', 'r'],
      ['renew', 'revoke'],
    ],
    [['config', 'delete', 'x', '--y'], ['--yes']],
    [
      ['token', 'list', '--state', 'c'],
      ['consent-needed', 'client-rejected'],
    ],
    [
      ['completion', ''],
      ['bash', 'zsh'],
    ],
    [['help', 'token', 'a'], ['authorize-url']],
    [['config', 'import', '/etc/host.con'], ['/etc/host.conf']],
  ];
  for (const [line, words] of cases)
    it(`offers ${words.join(', ')} after "${line.join(' ')}"`, () => {
      expect(offers(...line)).to.deep.equal(words);
    });

  describe('completion of configuration names in a bash with a terminal', () => {
    it('offers them as words that the shell turns back into the names', async () => {
      const typed: Typed[] = [
        ...TYPED,
        ['events i\tb\t', '<events><in@b.example>'],
        ['config list S\t', '<config><list><S>'],
      ];
      const command = 'bash --norc --noprofile -i';
      expect(await typeInto({ command, script }, typed)).to.deep.equal(typed.map(([, words]) => words));
    }).timeout(60_000);
  });

  it('is refused for other shells', async () => {
    const { code, err } = await callCli('completion', 'fish');
    expect(code).to.equal(2);
    expect(err).to.contain('bash, zsh');
  });
});
