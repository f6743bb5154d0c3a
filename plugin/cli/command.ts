import type { Adapters } from '../adapters/adapters.js';
import type { ExitCode } from './exit-codes.js';
import type { Output } from './output.js';

/** One option: `--user LOGIN` (with a `value`) or `--json`. */
export interface Option {
  description: string;
  /** The value's name in the help; without one the option is a switch. */
  value?: string;
  /** The possible values; the shell completes them and the command line checks them. */
  choices?: readonly string[];
  /** May be given several times; `call.texts()` returns all values. */
  many?: true;
}

/** A positional argument. */
export interface Argument {
  name: string;
  description: string;
  optional?: boolean;
  /** Completed by the shell. */
  choices?: readonly string[];
  /** The shell completes it from `config list --names`. */
  names?: 'configurations';
}

/**
 * One subcommand: a file in plugin/cli/commands that exports it as `command`, and a line in
 * plugin/cli/commands.ts. The file imports nothing large at its top: `call.helpdesk()`, or `await import()`
 * in `run`, provides what it needs.
 */
export interface Command {
  /** One line for the list of commands. */
  summary: string;
  /** Further sentences for its own help. */
  details?: string;
  arguments?: readonly Argument[];
  options?: Readonly<Record<string, Option>>;
  /** An additional list in the help: a title, and what each word means. */
  words?: { title: string; lines: readonly (readonly [word: string, meaning: string])[] };
  /** A command line without the program's name, and what it does. */
  examples: readonly (readonly [line: string, what: string])[];
  /**
   * It changes what belongs to root. Every other command drops root's rights before it reads the helpdesk.
   */
  needsRoot?: boolean;
  run(call: Call): Promise<ExitCode>;
}

/** Each command by its name, and how to load it. */
export type Commands = Readonly<Record<string, () => Promise<{ command: Command }>>>;

/** One call of a command; its arguments are already checked against what it declares. */
export interface Call {
  /** The positional arguments in order; a missing optional one is undefined. */
  arguments: (string | undefined)[];
  /** Value of an option. */
  text(option: string): string | undefined;
  /** All values of an option with `many`, in order. */
  texts(option: string): readonly string[];
  /** Was a switch given? */
  flag(option: string): boolean;
  /** The helpdesk and the implementations of all ports, each built on first use; closed after the command. */
  helpdesk(): Adapters;
  /** All commands, for those that describe them. */
  commands: Commands;
  /** The environment, with HELPDESK_HOME from --home or as found. */
  environment(): Record<string, string | undefined>;
  out: Output;
}

/** Options that many commands share; a command lists those that apply to it. */
export const JSON_OPTION = { json: { description: 'print JSON instead of a table' } } as const;
export const USER_OPTION = {
  user: {
    value: 'LOGIN',
    description: "user whom the history names; default: the helpdesk's user 1",
  },
} as const;

/** Accepted by every command. */
export const COMMON_OPTIONS = {
  home: {
    value: 'DIR',
    description: 'folder of the helpdesk; default: HELPDESK_HOME, or the usual places',
  },
  help: { description: 'show what the command does, with examples' },
} as const satisfies Record<string, Option>;

/** A wrong command, option or argument; shown together with how to call the command. */
export class UsageError extends Error {}
