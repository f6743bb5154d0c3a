import { SUPPORTED } from '../domain/product/records.js';
import { nearest } from '../lib/nearest.js';
import { COMMON_OPTIONS, type Command, type Commands, type Option } from './command.js';
import { EXIT_MEANINGS } from './exit-codes.js';
import { pad, width, wrap } from './layout.js';
import { PROGRAM, type Sink } from './output.js';

/** A word of the command line and what it means. */
export type Line = readonly [left: string, right: string];

/** Below this, a terminal shows the right column under the left one. */
const NARROW = 30;

/**
 * Formats two columns; the right one starts at the same column everywhere.
 * @param room columns of the terminal; undefined: nothing is broken into lines
 */
function columns(lines: readonly Line[], room: number | undefined): string {
  const widest = Math.max(...lines.map(([left]) => width(left)));
  const beside = room === undefined ? undefined : room - widest - 4;
  return lines
    .flatMap(([left, right]) => {
      if (beside === undefined) return [`  ${pad(left, widest)}  ${right}`.trimEnd()];
      const isBelow = beside < NARROW && room !== undefined;
      const parts = wrap(right, isBelow ? Math.max(NARROW, room - 6) : beside);
      if (isBelow) return [`  ${left}`, ...parts.map((part) => `      ${part}`)];
      return parts.map((part, at) => `  ${pad(at === 0 ? left : '', widest)}  ${part}`.trimEnd());
    })
    .join('\n');
}

const paragraph = (text: string, room: number | undefined): string =>
  room === undefined ? text : wrap(text, room).join('\n');

const optionLine = ([name, { value, description, choices }]: readonly [string, Option]): Line => [
  value ? `--${name} ${value}` : `--${name}`,
  // `yes|no` says it already.
  choices && !value?.includes('|') ? `${description} (${choices.join(', ')})` : description,
];

/** Each option as it is written, and what it does. */
export const optionLines = (options: Readonly<Record<string, Option>>): Line[] =>
  Object.entries(options).map(optionLine);

/** `znuny-oauth2 config show <configuration> [options]` */
export function callOf(name: string, command: Command): string {
  const words = (command.arguments ?? []).map(({ name: word, optional }) =>
    optional ? `[${word}]` : `<${word}>`,
  );
  return [PROGRAM, name, ...words, '[options]'].join(' ');
}

/**
 * The help of one command.
 * @param room columns of the terminal, if it is one
 */
export function commandHelp(name: string, command: Command, room?: number): string {
  const parts = [`${callOf(name, command)}\n\n${paragraph(`${command.summary}.`, room)}`];
  if (command.details) parts.push(paragraph(command.details, room));
  const words = (command.arguments ?? []).map((word): Line => [word.name, word.description]);
  if (words.length > 0) parts.push(`Arguments:\n${columns(words, room)}`);
  parts.push(`Options:\n${columns(optionLines({ ...command.options, ...COMMON_OPTIONS }), room)}`);
  if (command.words) parts.push(`${command.words.title}:\n${columns(command.words.lines, room)}`);
  const examples = command.examples.map(([line, what]): Line => [`${PROGRAM} ${line}`, what]);
  parts.push(`Examples:\n${columns(examples, room)}`);
  return `${parts.join('\n\n')}\n`;
}

/** The commands that begin with a word: `config` has several. */
export const commandsUnder = (commands: Commands, word: string): Commands =>
  Object.fromEntries(
    Object.entries(commands).filter(([name]) => name === word || name.startsWith(`${word} `)),
  );

/** ` Did you mean "token list"?`, or '' if nothing is similar. */
export function meant(word: string, candidates: readonly string[]): string {
  const found = nearest(word, candidates);
  return found === undefined ? '' : ` Did you mean "${found}"?`;
}

/** The commands with their summaries. */
const summaries = (commands: Commands): Promise<Line[]> =>
  Promise.all(
    Object.entries(commands).map(
      async ([name, load]): Promise<Line> => [name, (await load()).command.summary],
    ),
  );

/** How the helpdesk is found, for help and manual page. */
export const HELPDESK = `A command uses the helpdesk in the folder given by --home, else by the variable HELPDESK_HOME, else the first of ${SUPPORTED[0]?.homes.join(', ')} that contains one.`;

/**
 * The list of all commands, or of one group of them.
 * @param room columns of the terminal, if it is one
 */
export async function overview(commands: Commands, room?: number): Promise<string> {
  const exits = EXIT_MEANINGS.map(([code, meaning]): Line => [String(code), meaning]);
  return `${PROGRAM} <command> [options]

Keeps the OAuth2 mailboxes of a Znuny or OTRS-family helpdesk working.

Commands:
${columns(await summaries(commands), room)}

${paragraph(`"${PROGRAM} help <command>" shows a command with its options and examples. ${HELPDESK}`, room)}

Exit codes:
${columns(exits, room)}
`;
}

/** The columns of a terminal; undefined if the text goes elsewhere. */
export const roomOf = ({ isTTY, columns: room }: Sink): number | undefined => (isTTY ? room : undefined);
