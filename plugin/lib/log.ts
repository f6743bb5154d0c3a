import { type DestinationStream, pino } from 'pino';
import { createLogStream } from './log-stream.js';
import { redact } from './redact.js';
import { scrub } from './scrub.js';
import { escapeControls } from './terminal-text.js';

/**
 * Writes JSON lines to standard output. Every line passes `redact`, so that a secret passed by mistake does
 * not reach the log, and characters that control the terminal of whoever reads it are escaped: anybody can
 * send them in a request.
 * @param level fatal, error, warn, info, debug, trace or silent
 * @param stream where the lines go; for tests
 */
export function createLog(level: string, stream?: DestinationStream) {
  const options = { level, base: { name: 'znuny-oauth2' } };
  const lines = stream ?? createLogStream();
  const logger = pino(options, { write: (text: string) => lines.write(escapeControls(text, 'json')) });
  const line =
    (name: 'debug' | 'info' | 'warn' | 'error') =>
    (facts: Record<string, unknown>, message: string): void => {
      if (logger.isLevelEnabled(name)) logger[name](redact(facts), scrub(message));
    };
  return { debug: line('debug'), info: line('info'), warn: line('warn'), error: line('error') };
}
