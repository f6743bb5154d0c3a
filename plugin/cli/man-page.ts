import { COMMON_OPTIONS, type Commands } from './command.js';
import { EXIT_MEANINGS } from './exit-codes.js';
import { PROGRAM } from './output.js';
import { callOf, HELPDESK, type Line, optionLines } from './usage.js';

/** Text for roff: no backslash, hyphen or line start that it would take for its own. */
const text = (plain: string): string =>
  plain
    .replaceAll('\\', '\\e')
    .replaceAll('-', '\\-')
    .replace(/^([.'])/gm, '\\&$1');

const bold = (plain: string): string => `\\fB${text(plain)}\\fR`;

/** A list of words and their meanings. */
const list = (lines: readonly Line[]): string =>
  lines.map(([word, meaning]) => `.TP\n${bold(word)}\n${text(meaning === '' ? ' ' : meaning)}`).join('\n');

const ENVIRONMENT: readonly Line[] = [
  ['HELPDESK_HOME', "the helpdesk's folder"],
  ['SIDECAR_CONFIG', 'a file with variables (NAME=value) in place of the one in /etc/znuny-oauth2'],
  ['SIDECAR_STATE', 'the folder of the journal, which the service uses as well'],
  ['NO_COLOR', 'if not empty, switches the colours of a terminal off'],
];

const FILES: readonly Line[] = [
  ['/etc/znuny-oauth2/*.conf', 'variables of the service and of the commands, one file for each helpdesk'],
  ['/var/lib/znuny-oauth2', 'the journal'],
  [
    '/usr/share/doc/znuny-oauth2',
    'installation, operation, alerts, troubleshooting; operations.md lists all variables',
  ],
];

/**
 * The manual page of section 8 as roff (man(7)), from the same tables as the help.
 * @param version of the program
 */
export async function manPage(commands: Commands, version: string): Promise<string> {
  const sections = await Promise.all(
    Object.entries(commands).map(async ([name, load]) => {
      const { command } = await load();
      const parts = [
        `.SS ${name.toUpperCase()}`,
        `.B ${text(callOf(name, command))}`,
        '.PP',
        text(`${command.summary}.`),
      ];
      if (command.details) parts.push('.PP', text(command.details));
      const words = (command.arguments ?? []).map((word): Line => [word.name, word.description]);
      if (words.length > 0) parts.push(list(words));
      parts.push(list(optionLines(command.options ?? {})));
      if (command.words) parts.push('.PP', text(`${command.words.title}:`), list(command.words.lines));
      parts.push('.PP', 'Examples:');
      for (const [line, what] of command.examples)
        parts.push('.PP', text(`${what}:`), '.RS', '.nf', text(`${PROGRAM} ${line}`), '.fi', '.RE');
      return parts.filter((part) => part !== '').join('\n');
    }),
  );
  return `.TH ${PROGRAM.toUpperCase().replaceAll('-', '\\-')} 8 "" "${PROGRAM} ${version}" "System administration"
.SH NAME
${PROGRAM.replaceAll('-', '\\-')} \\- keeps the OAuth2 mailboxes of a Znuny or OTRS\\-family helpdesk working
.SH SYNOPSIS
.B ${text(PROGRAM)}
.I command
[\\fIoptions\\fR]
.SH DESCRIPTION
${text(HELPDESK)}
.PP
${text('Root may run every command. All commands except install and uninstall then change to the user of the service, or to the owner of the helpdesk, before they read the helpdesk.')}
.PP
${text('Tables show times in the time zone of the shell. --json prints ISO 8601 in UTC; the schemas are in /usr/share/doc/znuny-oauth2/schemas.')}
.SH OPTIONS
${text('Every command accepts:')}
${list(optionLines(COMMON_OPTIONS))}
.SH COMMANDS
${sections.join('\n')}
.SH EXIT STATUS
${list(EXIT_MEANINGS.map(([code, meaning]): Line => [String(code), meaning]))}
.SH ENVIRONMENT
${list(ENVIRONMENT)}
.SH FILES
${list(FILES)}
`;
}
