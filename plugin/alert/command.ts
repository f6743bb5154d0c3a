import type { AlertChannel } from '../domain/alert/alert-channel.js';
import { SEND_LIMIT } from '../domain/alert/alert-channel.js';
import { alertData } from '../domain/alert/webhook-body.js';
import { runProgram } from '../lib/run-program.js';

/** How much a program may print, in bytes; none of it is read. */
const MOST_PRINTED = 64 * 1024;

/**
 * Gives each message to a program, as JSON on standard input. It is run as the sidecar's user, without a
 * shell, arguments or the sidecar's environment.
 * @param isRoot a sidecar that was forced to stay root runs nothing
 */
export function createCommand(
  program: string,
  { limit = SEND_LIMIT, isRoot = process.getuid?.() === 0 } = {},
): AlertChannel {
  return {
    name: 'command',
    async send(message) {
      if (isRoot) return { ok: false, answer: 'not run as root' };
      const { code, stopped } = await runProgram({
        command: program,
        args: [],
        cwd: '/',
        env: { PATH: '/usr/local/bin:/usr/bin:/bin' },
        input: `${JSON.stringify({ id: message.id, ...alertData(message) })}\n`,
        answerFrom: 'stdout',
        limitMs: limit,
        maxBytes: MOST_PRINTED,
      });
      const answer = stopped === null ? `exit code ${code}` : STOPPED[stopped];
      return { ok: stopped === null && code === 0, answer };
    },
  };
}

const STOPPED = {
  time: 'stopped: took too long',
  size: 'stopped: printed too much',
  'not-found': 'not found',
  'not-started': 'not started',
} as const;
