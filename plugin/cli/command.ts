import type { Adapters } from '../adapters/adapters.js';
import type { ExitCode } from './exit-codes.js';
import type { Output } from './output.js';

/** One option: `--user LOGIN` (with a `value`) or `--json`. */
export interface Option {
  description: string;
  /** Name of the value in the help; without one the option is a switch. */
  value?: string;
  /** The values that are possible; completed by the shell and checked. */
  choices?: readonly string[];
}

/** One word after the command's name. */
export interface Argument {
  name: string;
  description: string;
  optional?: boolean;
  /** Completed by the shell. */
  choices?: readonly string[];
  /** Completed by the shell with what `config list --names` says. */
  names?: 'configurations';
}

/**
 * One subcommand: a file under plugin/cli/commands that exports it as `command`, and a line in plugin/cli/commands.ts.
 * The file imports nothing heavy at its top: what it needs comes from `call.helpdesk()`, or by `await import()` in `run`.
 */
export interface Command {
  /** One line for the list of commands. */
  summary: string;
  /** Further sentences for its own help. */
  details?: string;
  arguments?: readonly Argument[];
  options?: Readonly<Record<string, Option>>;
  /** A list of its own in the help: a title, and what each word means. */
  words?: { title: string; lines: readonly (readonly [word: string, meaning: string])[] };
  /** What follows the program's name, and what that does. */
  examples: readonly (readonly [line: string, what: string])[];
  /** It changes what is root's. Every other command leaves root before it looks at the helpdesk. */
  needsRoot?: boolean;
  run(call: Call): Promise<ExitCode>;
}

/** One call of a command, its words already checked against what it declares. */
export interface Call {
  /** The words after the command's name, in order; a missing optional one is undefined. */
  arguments: (string | undefined)[];
  /** Value of an option. */
  text(option: string): string | undefined;
  /** Was a switch given? */
  flag(option: string): boolean;
  /** The helpdesk and everything behind the ports, each part built when first asked for; closed after the command. */
  helpdesk(): Adapters;
  /** The environment, with HELPDESK_HOME as given by --home or found. */
  environment(): Record<string, string | undefined>;
  out: Output;
}

/** Options that many commands share; a command lists those that mean something to it. */
export const JSON_OPTION = { json: { description: 'JSON instead of a table' } } as const;
export const USER_OPTION = {
  user: {
    value: 'LOGIN',
    description: "whom the history names as having done it; else the helpdesk's user 1",
  },
} as const;

/** Understood by every command. */
export const COMMON_OPTIONS = {
  home: {
    value: 'DIR',
    description: "the helpdesk's folder; else HELPDESK_HOME, else the usual places",
  },
  help: { description: 'what the command does, with examples' },
} as const satisfies Record<string, Option>;

/** A wrong word, option or argument: told together with how the command is called. */
export class UsageError extends Error {}
