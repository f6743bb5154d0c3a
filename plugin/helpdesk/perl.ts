import path from 'node:path';
import { type ProgramEnd, runProgram } from '../lib/run-program.js';
import { otherUser } from './helpdesk-user.js';

/** Bytes; all settings of a large helpdesk are a few hundred kilobytes. */
const MAX_BYTES = 16 * 1024 * 1024;

interface PerlOptions {
  /** For @ARGV. */
  args?: string[];
  /** Standard input. */
  input?: string;
  /** Milliseconds. Default 20,000. */
  limitMs?: number;
}

/** Runs Perl code in the helpdesk's surroundings, which writes one line to descriptor 3. */
export type HelpdeskPerl = (code: string, options?: PerlOptions) => Promise<ProgramEnd>;

/**
 * The helpdesk's Perl, with its folders in its order, run as the helpdesk's user where we are root, and else as ourselves.
 * @param env what it gets as its environment, see helpdeskEnvironment()
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
