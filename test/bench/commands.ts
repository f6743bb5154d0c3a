import { writeFileSync } from 'node:fs';
import path from 'node:path';
import { exec } from '../lab/exec.js';
import { helpdeskConsole } from '../lab/helpdesk.js';
import { type Instance, ROOT } from '../lab/instance.js';
import { type Line, timed } from './measure.js';

const ROUNDS = 15;
const middle = (values: number[]): number =>
  [...values].sort((a, b) => a - b)[Math.floor(values.length / 2)] ?? 0;

/** The commands that ask only the database, and the help. */
const COMMANDS = [
  'help',
  'config list',
  'config show Bench',
  'config export',
  'token list',
  'token show Bench',
  'mailbox list',
  'events',
];

/** Compiled, alternating with the helpdesk's own console, so that both run under the same load. */
export async function measureCommands(of: Instance): Promise<Line[]> {
  await exec('npm', ['run', '--silent', 'build'], { cwd: ROOT });
  const program = path.join(ROOT, 'dist/plugin/cli.cjs');
  const run = (words: string) => exec(process.execPath, [program, ...words.split(' '), '--home', of.home]);
  const file = path.join(of.dir, 'bench.yml');
  // Invalid, because `token show` ends with 4 where somebody must act.
  writeFileSync(file, '{ Name: Bench, ValidID: 2, Config: { ClientID: bench } }');
  await run(`config import ${file}`);
  const times = new Map<string, number[]>(COMMANDS.map((words) => [words, []]));
  const theirs: number[] = [];
  // The first run of each is not counted: files come from the disk.
  for (let round = 0; round <= ROUNDS; round++) {
    const began = await timed(() =>
      helpdeskConsole(of, ['Admin::OAuth2TokenManagement::ListTokenInformation']),
    );
    if (round > 0) theirs.push(began);
    for (const words of COMMANDS) {
      const took = await timed(() => run(words));
      if (round > 0) times.get(words)?.push(took);
    }
  }
  return COMMANDS.map((words) => {
    const mine = middle(times.get(words) ?? []);
    const console = middle(theirs);
    return {
      what: `znuny-oauth2 ${words}`,
      ours: `${mine.toFixed(0)} ms`,
      theirs: `${console.toFixed(0)} ms`,
      ratio: `${(console / mine).toFixed(1)}×`,
      target: '≥ 2×',
      met: console / mine >= 2,
    };
  });
}
