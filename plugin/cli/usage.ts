import { SUPPORTED } from '../domain/product/records.js';
import { COMMON_OPTIONS, type Command, type Option } from './command.js';
import { COMMANDS } from './commands.js';
import { PROGRAM, width } from './output.js';

type Line = readonly [left: string, right: string];

/** Formats two columns; the right one starts at the same column everywhere. */
const columns = (lines: readonly Line[]): string => {
  const widest = Math.max(...lines.map(([left]) => width(left)));
  return lines.map(([left, right]) => `  ${left.padEnd(widest)}  ${right}`.trimEnd()).join('\n');
};

const optionLine = ([name, { value, description, choices }]: readonly [string, Option]): Line => [
  value ? `--${name} ${value}` : `--${name}`,
  // `yes|no` says it already.
  choices && !value?.includes('|') ? `${description} (${choices.join(', ')})` : description,
];

/** `znuny-oauth2 config show <configuration> [options]` */
export function callOf(name: string, command: Command): string {
  const words = (command.arguments ?? []).map(({ name: word, optional }) =>
    optional ? `[${word}]` : `<${word}>`,
  );
  return [PROGRAM, name, ...words, '[options]'].join(' ');
}

/** The help of one command. */
export function commandHelp(name: string, command: Command): string {
  const parts = [`${callOf(name, command)}\n\n${command.summary}.`];
  if (command.details) parts.push(command.details);
  const words = (command.arguments ?? []).map((word): Line => [word.name, word.description]);
  if (words.length > 0) parts.push(`Arguments:\n${columns(words)}`);
  const options = Object.entries({ ...command.options, ...COMMON_OPTIONS });
  parts.push(`Options:\n${columns(options.map(optionLine))}`);
  if (command.words) parts.push(`${command.words.title}:\n${columns(command.words.lines)}`);
  const examples = command.examples.map(([line, what]): Line => [`${PROGRAM} ${line}`, what]);
  parts.push(`Examples:\n${columns(examples)}`);
  return `${parts.join('\n\n')}\n`;
}

/** The commands that begin with a word: `config` has several. */
export const commandsUnder = (word: string): string[] =>
  Object.keys(COMMANDS).filter((name) => name === word || name.startsWith(`${word} `));

/** The list of commands, or of one group of them. */
export async function overview(names: readonly string[] = Object.keys(COMMANDS)): Promise<string> {
  const lines = await Promise.all(
    names.map(async (name): Promise<Line> => {
      const loaded = await COMMANDS[name]?.();
      return [name, loaded?.command.summary ?? ''];
    }),
  );
  return `${PROGRAM} <command> [options]

Keeps the OAuth2 mailboxes of a Znuny or OTRS-family helpdesk working.

Commands:
${columns(lines)}

"${PROGRAM} help <command>" shows a command with its options and examples. The helpdesk's folder is --home, the
variable HELPDESK_HOME, or ${SUPPORTED[0]?.homes.join(', ')}, whichever is there.
Exit codes: 0 done, 1 failed, 2 wrong call, 3 not found, 4 done, but something needs a person, 5 helpdesk not supported.
`;
}
