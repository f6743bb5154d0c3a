import { parseArgs } from 'node:util';
import { type Adapters, createAdapters } from '../adapters/adapters.js';
import { type Environment, withConfigFile } from '../config/config-file.js';
import { findHome } from '../config/find-home.js';
import { rootEnvironment } from '../config/helpdesk-environment.js';
import { loadConfig } from '../config/load-config.js';
import { isSidecarError } from '../errors.js';
import { leaveRoot } from '../helpdesk/leave-root.js';
import { packageFolder, packageVersion } from '../lib/package-folder.js';
import { type Call, COMMON_OPTIONS, type Command, type Option, UsageError } from './command.js';
import { COMMANDS } from './commands.js';
import { EXIT, type ExitCode } from './exit-codes.js';
import { createOutput, PROGRAM, plain, reportFailure, type Sink } from './output.js';
import { callOf, commandHelp, commandsUnder, meant, overview, roomOf } from './usage.js';

export interface Shell {
  env: Record<string, string | undefined>;
  stdout: Sink;
  stderr: Sink;
  /**
   * Is this a root process, which must drop its rights for a command that does not need them? Default false.
   */
  isRoot?: boolean;
}

type ParseOptions = NonNullable<NonNullable<Parameters<typeof parseArgs>[0]>['options']>;

const parseOptions = (command: Command): ParseOptions =>
  Object.fromEntries(
    Object.entries<Option>({ ...command.options, ...COMMON_OPTIONS }).map(([name, { value, many }]) => [
      name,
      {
        type: value ? 'string' : 'boolean',
        ...(many ? { multiple: true } : {}),
        ...(name === 'help' ? { short: 'h' } : {}),
      },
    ]),
  );

/** The words that are not options: the command's name may come before or after `--home` and others. */
function words(args: string[]): string[] {
  const options: ParseOptions = { home: { type: 'string' }, user: { type: 'string' } };
  return parseArgs({ args, options, strict: false }).positionals;
}

interface Parsed {
  values: Record<string, string | boolean | (string | boolean)[] | undefined>;
  rest: string[];
}

/** The parser's first sentence; for an unknown option also the one that was probably meant. */
function withAdvice({ code, message }: NodeJS.ErrnoException, command: Command): string {
  const [first = message] = message.split('. ');
  const [, option = ''] = /'--([^']+)'/.exec(first) ?? [];
  if (code !== 'ERR_PARSE_ARGS_UNKNOWN_OPTION' || option === '') return first;
  const known = Object.keys({ ...command.options, ...COMMON_OPTIONS }).map((name) => `--${name}`);
  return `${first.replace(/\.$/, '')}.${meant(`--${option}`, known)}`;
}

/** @throws UsageError for options and words that the command does not know */
function parse(name: string, command: Command, args: string[]): Parsed {
  let values: Parsed['values'];
  let positionals: string[];
  try {
    ({ values, positionals } = parseArgs({
      args,
      options: parseOptions(command),
      allowPositionals: true,
    }) as { values: Parsed['values']; positionals: string[] });
  } catch (error) {
    throw new UsageError(withAdvice(error as NodeJS.ErrnoException, command));
  }
  const rest = positionals.slice(name.split(' ').length);
  if (values.help) return { values, rest };
  for (const [option, { choices }] of Object.entries(command.options ?? {})) {
    const given = values[option];
    if (choices && typeof given === 'string' && !choices.includes(given))
      throw new UsageError(`--${option} is one of ${choices.join(', ')}.${meant(given, choices)}`);
  }
  const known = command.arguments ?? [];
  const missing = known.find(({ optional }, at) => !optional && rest[at] === undefined);
  if (missing) throw new UsageError(`Missing: ${missing.name} (${missing.description}).`);
  if (rest.length > known.length) throw new UsageError(`Unexpected argument: "${rest[known.length]}".`);
  known.forEach(({ name: word, choices }, at) => {
    const given = rest[at];
    if (choices && given !== undefined && !choices.includes(given))
      throw new UsageError(`${word} is one of ${choices.join(', ')}.${meant(given, choices)}`);
  });
  return { values, rest };
}

/** Codes of the catalogue that say that something does not exist. */
const NOT_FOUND = [
  'unknown-token-config',
  'unknown-template',
  'unknown-user',
  'unknown-mail-account',
  'unknown-relay-password',
];

function exitOf(error: unknown): ExitCode {
  if (!isSidecarError(error)) return EXIT.failed;
  if (error.code === 'helpdesk-unsupported') return EXIT.unsupported;
  return NOT_FOUND.includes(error.code) ? EXIT.notFound : EXIT.failed;
}

async function runCommand(name: string, command: Command, { values, rest }: Parsed, shell: Shell) {
  const out = createOutput(shell.stdout, shell.stderr, shell.env);
  const warn = (_facts: unknown, message: string) => out.warn(message);
  let adapters: Adapters | undefined;
  let known: Environment | undefined;
  const environment = () => {
    known ??= environmentOf(command, values.home as string | undefined, shell);
    return known;
  };
  const call: Call = {
    arguments: (command.arguments ?? []).map((_argument, at) => rest[at]),
    text: (option) => values[option] as string | undefined,
    texts: (option) => (values[option] as string[] | undefined) ?? [],
    flag: (option) => values[option] === true,
    commands: COMMANDS,
    environment,
    helpdesk() {
      adapters ??= createAdapters(loadConfig(environment()), { info: () => undefined, warn, error: warn });
      return adapters;
    },
    out,
  };
  try {
    return await command.run(call);
  } catch (error) {
    if (error instanceof UsageError) return misused(error, name, command, shell);
    reportFailure(error, shell.stderr, values.json === true);
    return exitOf(error);
  } finally {
    await adapters?.close();
  }
}

/**
 * Reads the environment and the configuration file. This is all that is read as root: a command that does not
 * need root's rights drops them here.
 */
function environmentOf(
  command: Command,
  home: string | undefined,
  { env: own, isRoot = false }: Shell,
): Environment {
  const leaves = isRoot && !command.needsRoot;
  const env = withConfigFile(leaves ? rootEnvironment(own) : own, home);
  const helpdesk = findHome(home, env);
  const whole: Environment = { ...env, HELPDESK_HOME: helpdesk };
  if (!leaves || env.SIDECAR_UNSAFE_STAYS_ROOT === '1') return whole;
  const stateFolder = whole.SIDECAR_STATE?.trim() || whole.STATE_DIRECTORY?.trim() || null;
  const programFolder = packageFolder();
  return { ...whole, HOME: leaveRoot({ home: helpdesk, stateFolder, programFolder }) };
}

function misused(error: UsageError, name: string, command: Command, { stderr }: Shell): ExitCode {
  stderr.write(
    `${PROGRAM}: ${plain(error.message)}\n${callOf(name, command)}\nSee "${PROGRAM} help ${name}".\n`,
  );
  return EXIT.usage;
}

/** The command that two words probably mean; the second may be an argument of a command of one word. */
function advice(first: string, second: string): string {
  const names = Object.keys(COMMANDS);
  return meant(`${first} ${second}`.trim(), names) || meant(first, names);
}

/**
 * Finds the command, checks its arguments and runs it.
 * @param args without the program's name
 * @returns the exit code
 */
export async function run(args: string[], shell: Shell): Promise<ExitCode> {
  const [first = '', second = ''] = words(args);
  const name = [`${first} ${second}`, first].find((candidate) => COMMANDS[candidate]);
  const loaded = name === undefined ? undefined : await COMMANDS[name]?.();
  if (name === undefined || !loaded) {
    const asked = args.includes('--help') || args.includes('-h');
    if (first === '' && args.includes('--version')) {
      shell.stdout.write(`${packageVersion()}\n`);
      return EXIT.ok;
    }
    const group = first === '' ? COMMANDS : commandsUnder(COMMANDS, first);
    const isGroup = Object.keys(group).length > 0;
    if (isGroup && second === '') {
      (asked ? shell.stdout : shell.stderr).write(
        await overview(group, roomOf(asked ? shell.stdout : shell.stderr)),
      );
      return asked ? EXIT.ok : EXIT.usage;
    }
    const unknown = isGroup ? `${first} ${second}` : first;
    shell.stderr.write(
      `${PROGRAM}: There is no command "${plain(unknown)}".${advice(first, second)} "${PROGRAM} help" lists them.\n`,
    );
    return EXIT.usage;
  }
  const { command } = loaded;
  try {
    const parsed = parse(name, command, args);
    if (!parsed.values.help) return await runCommand(name, command, parsed, shell);
    shell.stdout.write(commandHelp(name, command, roomOf(shell.stdout)));
    return EXIT.ok;
  } catch (error) {
    if (error instanceof UsageError) return misused(error, name, command, shell);
    throw error;
  }
}
