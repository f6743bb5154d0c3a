import path from 'node:path';
import { type ProgramEnd, runProgram } from '../lib/run-program.js';
import { otherUser } from './helpdesk-user.js';

/** In bytes; all settings of a large helpdesk are a few hundred kilobytes. */
const MAX_BYTES = 16 * 1024 * 1024;

interface PerlOptions {
  /** Passed as @ARGV. */
  args?: string[];
  /** Standard input. */
  input?: string;
  /** Milliseconds. Default 20,000. */
  limitMs?: number;
}

/** Runs Perl code in the helpdesk's environment; the code writes one line to descriptor 3. */
export type HelpdeskPerl = (code: string, options?: PerlOptions) => Promise<ProgramEnd>;

/**
 * Runs the helpdesk's Perl with its module folders in its order: as the helpdesk's user if we are root,
 * otherwise as ourselves.
 * @param env the environment of the program, see helpdeskEnvironment()
 */
export function createHelpdeskPerl(home: string, env: Record<string, string>): HelpdeskPerl {
  const paths = ['Custom', 'Kernel/cpan-lib', '.'].flatMap((folder) => ['-I', path.resolve(home, folder)]);
  return async (code, { args = [], input, limitMs = 20_000 } = {}) => {
    const user = otherUser(home);
    return runProgram({
      command: 'perl',
      args: [...paths, '-e', code, ...args],
      cwd: home,
      env,
      answerFrom: 'descriptor',
      limitMs,
      maxBytes: MAX_BYTES,
      ...(input === undefined ? {} : { input }),
      ...(user ? { user } : {}),
    });
  };
}
