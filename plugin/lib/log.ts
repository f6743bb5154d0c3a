import { type DestinationStream, pino } from 'pino';
import { redact } from './redact.js';
import { scrub } from './scrub.js';

/**
 * JSON lines on standard output. Every line passes `redact`, so that a secret handed in by mistake stays out.
 * @param level fatal, error, warn, info, debug, trace or silent
 * @param stream where the lines go; for tests
 */
export function createLog(level: string, stream?: DestinationStream) {
  const options = { level, base: { name: 'znuny-oauth2' } };
  // Written before the call returns: of lines that another thread writes the last ones are lost or swapped by an exit.
  const logger = pino(options, stream ?? pino.destination({ dest: 1, sync: true }));
  const line =
    (name: 'debug' | 'info' | 'warn' | 'error') =>
    (facts: Record<string, unknown>, message: string): void => {
      if (logger.isLevelEnabled(name)) logger[name](redact(facts), scrub(message));
    };
  return { debug: line('debug'), info: line('info'), warn: line('warn'), error: line('error') };
}
