import { execFileSync, spawn } from 'node:child_process';
import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import path from 'node:path';
import { expect } from 'chai';
import { callCli } from '../../support/cli.js';

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
    [['c'], ['config', 'completion']],
    [
      ['config', ''],
      ['list', 'show', 'export', 'import', 'copy', 'delete'],
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

  describe('of the names of configurations, in a bash with a terminal', () => {
    const folder = mkdtempSync(path.join(tmpdir(), 'oauth2-completion-'));
    after(() => rmSync(folder, { recursive: true }));

    /** Stands for the program: knows its names, and otherwise says what it was called with. */
    const PROGRAM = `#!/bin/bash
      if [[ "$1 $2 $3" == 'config list --names' ]]; then
        [[ $4 == --home && $5 == /away ]] && { echo 'no helpdesk' >&2; exit 1; }
        [[ $4 == --home ]] && { echo "At $5"; exit; }
        printf '%s\\n' 'Support mailbox' 'Sales: "two" & $(touch x) $HOME' 'in@a.example' 'in@b.example' 'Grün' name:7
        echo 'a warning' >&2
      else
        printf '<%s>' "$@"; echo '|'
      fi`;

    /** Types lines into bash. @returns what the program was called with after each */
    async function type(lines: string[]): Promise<string[]> {
      writeFileSync(path.join(folder, 'znuny-oauth2'), PROGRAM, { mode: 0o755 });
      writeFileSync(path.join(folder, 'completion'), script);
      const env = {
        ...{ PATH: `${folder}:${process.env.PATH}`, HOME: folder, INPUTRC: '/dev/null' },
        ...{ TERM: 'dumb', LC_ALL: 'C.UTF-8' },
      };
      // `script` gives it a terminal, without which there is no completion.
      const shell = spawn('script', ['-qec', 'bash --norc --noprofile -i', '/dev/null'], {
        cwd: folder,
        env,
      });
      let output = '';
      shell.stdout.on('data', (chunk) => (output += chunk));
      const ended = new Promise((resolve) => shell.once('close', resolve));
      shell.stdin.write('source ./completion\n');
      for (const line of lines) shell.stdin.write(`znuny-oauth2 ${line}\n`);
      shell.stdin.write('exit\n');
      await ended;
      return [...output.matchAll(/^(<.*>)\|\r?$/gm)].map(([, words = '']) => words);
    }

    it('offers them as words that the shell gives back as the names', async () => {
      const typed: [string, string][] = [
        ['token show Sup\t', '<token><show><Support mailbox>'],
        ['token show "Support m\t', '<token><show><Support mailbox>'],
        ['config copy Support\\ \tnew', '<config><copy><Support mailbox><new>'],
        ['token renew Sa\t', '<token><renew><Sales: "two" & $(touch x) $HOME>'],
        ['events Sales:\t', '<events><Sales: "two" & $(touch x) $HOME>'],
        ['events i\tb\t', '<events><in@b.example>'],
        ['events in@a\t', '<events><in@a.example>'],
        ['config export Gr\t', '<config><export><Grün>'],
        ['config delete n\t--yes', '<config><delete><name:7><--yes>'],
        ['--home /srv token show A\t', '<--home></srv><token><show><At /srv>'],
        ['--home=/srv token show A\t', '<--home=/srv><token><show><At /srv>'],
        ['--home /away token show S\t', '<--home></away><token><show><S>'],
        ['config list S\t', '<config><list><S>'],
        ['token show --j\tG\t', '<token><show><--json><Grün>'],
      ];
      expect(await type(typed.map(([line]) => line))).to.deep.equal(typed.map(([, words]) => words));
    }).timeout(60_000);
  });

  it('is refused for another shell', async () => {
    const { code, err } = await callCli('completion', 'fish');
    expect(code).to.equal(2);
    expect(err).to.contain('bash, zsh');
  });
});
