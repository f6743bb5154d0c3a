import { existsSync } from 'node:fs';
import path from 'node:path';
import type { Scripts } from '../domain/helpdesk/helpdesk-scripts.js';
import { SUPPORTED } from '../domain/product/records.js';
import { runProgram } from '../lib/run-program.js';
import { otherUser } from './helpdesk-user.js';

/** The newest names first. */
const SCRIPTS = [...new Set(SUPPORTED.flatMap(({ scripts }) => scripts))];
const OLDEST = SCRIPTS.at(-1) ?? '';

/** Runs a command of the helpdesk's console and resolves with its output. */
export type HelpdeskConsole = (...args: string[]) => Promise<string>;

/**
 * Finds what the helpdesk's scripts are called. Looks for the files, because no version number says when they
 * were renamed, and an update may leave the old ones behind.
 * @param home HELPDESK_HOME
 */
export const scriptsOf = (home: string): Scripts =>
  SCRIPTS.find((name) => existsSync(path.join(home, `bin/${name}.Console.pl`))) ?? OLDEST;

/**
 * @param home HELPDESK_HOME
 * @returns the path of its console, which may not exist
 */
export const consoleScript = (home: string): string => path.join(home, `bin/${scriptsOf(home)}.Console.pl`);

function scriptOf(home: string): string {
  const script = consoleScript(home);
  if (!existsSync(script)) throw new Error('The helpdesk has no console script');
  return script;
}

/** The console refused a command, or did not finish in time. */
class ConsoleFailure extends Error {
  override readonly name = 'ConsoleFailure';
  constructor(
    message: string,
    /** The end of its output. */
    readonly said: string,
  ) {
    super(message);
  }
}

/** Milliseconds. */
const LIMIT = 60_000;
const MAX_BYTES = 4 * 1024 * 1024;

/**
 * Runs bin/znuny.Console.pl or bin/otrs.Console.pl as the helpdesk's user, because it refuses to run as root.
 * @param home HELPDESK_HOME
 * @param env see helpdeskEnvironment()
 */
export function createConsole(home: string, env: Record<string, string>): HelpdeskConsole {
  return async (...args) => {
    const user = otherUser(home);
    const { answer, stderr, code, stopped } = await runProgram({
      command: 'perl',
      args: [scriptOf(home), ...args],
      cwd: home,
      env,
      answerFrom: 'stdout',
      limitMs: LIMIT,
      maxBytes: MAX_BYTES,
      ...(user ? { user } : {}),
    });
    if (code === 0 && stopped === null) return answer;
    const why = stopped === null ? `exit code ${code}` : `stopped: ${stopped}`;
    throw new ConsoleFailure(`The helpdesk's console failed (${why})`, `${answer}${stderr}`.trim());
  };
}
