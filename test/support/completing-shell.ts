import { spawn } from 'node:child_process';
import { existsSync, mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import os from 'node:os';
import path from 'node:path';

/** What is typed after the program's name, and the arguments that the program is called with. */
export type Typed = [string, string];

/** A name that would run a command wherever a shell expands it. */
const HOSTILE = 'Hostile "$(touch evil)" `touch evil` \\$HOME \\';

/** Stands for the program: knows its names, and otherwise prints its arguments. */
const PROGRAM = `#!/bin/bash
if [[ "$1 $2 $3" == 'config list --names' ]]; then
  [[ $4 == --home && $5 == /away ]] && { echo 'no helpdesk' >&2; exit 1; }
  [[ $4 == --home ]] && { echo "At $5"; exit; }
  printf '%s\\n' 'Support mailbox' 'Sales: "two" & $(touch x) $HOME' 'in@a.example' 'in@b.example' 'Grün' name:7 \\
    'Hostile "$(touch evil)" \`touch evil\` \\$HOME \\' "Quote's end" 'Wow! x'
  echo 'a warning' >&2
else
  printf '<%s>' "$@"; echo '|'
fi`;

/** Lines that every shell completes in the same way. */
export const TYPED: Typed[] = [
  ['token show Sup\t', '<token><show><Support mailbox>'],
  ['token show "Support m\t', '<token><show><Support mailbox>'],
  ['config copy Support\\ \tnew', '<config><copy><Support mailbox><new>'],
  ['token renew Sa\t', '<token><renew><Sales: "two" & $(touch x) $HOME>'],
  ['events Sales:\t', '<events><Sales: "two" & $(touch x) $HOME>'],
  ['events in@a\t', '<events><in@a.example>'],
  ['config export Gr\t', '<config><export><Grün>'],
  ['config delete n\t--yes', '<config><delete><name:7><--yes>'],
  ['--home /srv token show A\t', '<--home></srv><token><show><At /srv>'],
  ['--home=/srv token show A\t', '<--home=/srv><token><show><At /srv>'],
  ['--home /away token show S\t', '<--home></away><token><show><S>'],
  ['token show --j\tG\t', '<token><show><--json><Grün>'],
  ['token show Ho\t', `<token><show><${HOSTILE}>`],
  ['token show "Ho\t', `<token><show><${HOSTILE}>`],
  ["token show 'Sup\t", '<token><show><Support mailbox>'],
  // Not completed in single quotes: quotes and a backslash.
  ["token show 'Sa\t'", '<token><show><Sa>'],
  ["token show 'Ho\t'", '<token><show><Ho>'],
  ['token show "Sales: \\"t\t', '<token><show><Sales: "two" & $(touch x) $HOME>'],
  ["token show 'Qu\t'", '<token><show><Qu>'],
  ['token show "Qu\t', "<token><show><Quote's end>"],
  // An interactive shell expands `!` in double quotes from its history.
  ['token show "Wo\t"', '<token><show><Wo>'],
  ["token show 'Wo\t", '<token><show><Wow! x>'],
  // Not completed: a quote that opens or has closed within the word.
  ['token show Ho"s\t"', '<token><show><Hos>'],
  ['token show "Ho"s\t', '<token><show><Hos>'],
];

/**
 * Types lines into a shell.
 * @param command starts it
 * @param script the completion
 * @param before a line to type first
 * @returns the arguments of the program after each line
 */
export async function typeInto(
  { command, script, before = '' }: { command: string; script: string; before?: string },
  typed: Typed[],
): Promise<string[]> {
  const folder = mkdtempSync(path.join(os.tmpdir(), 'oauth2-completion-'));
  try {
    writeFileSync(path.join(folder, 'znuny-oauth2'), PROGRAM, { mode: 0o755 });
    writeFileSync(path.join(folder, 'completion'), script);
    const env = {
      ...{ PATH: `${folder}:${process.env.PATH}`, HOME: folder, INPUTRC: '/dev/null' },
      ...{ TERM: 'dumb', LC_ALL: 'C.UTF-8' },
    };
    // `script` gives it a terminal, without which there is no completion.
    const shell = spawn('script', ['-qec', command, '/dev/null'], { cwd: folder, env });
    let output = '';
    shell.stdout.setEncoding('utf8').on('data', (chunk) => (output += chunk));
    const ended = new Promise((resolve) => shell.once('close', resolve));
    const lines = [before, 'source ./completion', ...typed.map(([line]) => `znuny-oauth2 ${line}`), 'exit'];
    for (const line of lines) shell.stdin.write(`${line}\n`);
    await ended;
    if (existsSync(path.join(folder, 'evil'))) throw new Error(`A name was run as a command:\n${output}`);
    return [...output.matchAll(/^(<.*>)\|\r?$/gm)].map(([, words = '']) => words);
  } finally {
    rmSync(folder, { recursive: true });
  }
}
