import { writeSync } from 'node:fs';
import type { DestinationStream } from 'pino';

/** A pipe that nobody empties is waited for this often, for a few milliseconds each. */
const ATTEMPTS = 10;
const WAIT = 5;

const BUSY = new Set(['EAGAIN', 'EINTR']);

/** The process stands still meanwhile, which is the point: a line is written before the call returns. */
const sleep = (ms: number) => void Atomics.wait(new Int32Array(new SharedArrayBuffer(4)), 0, 0, ms);

/**
 * Lines on standard output, each written before the call returns: of lines that another thread writes the last ones are
 * lost or swapped by an exit. What cannot be written, because the disk is full or the reader has gone, is left out and
 * counted: a log must not end the process that it speaks of. The next line that can be written says how many are missing.
 * @param write as writeSync(2) on standard output; replaced in tests
 */
export function createLogStream(
  write: (bytes: Uint8Array) => number = (bytes) => writeSync(1, bytes),
): DestinationStream {
  let missing = 0;
  /** The end of the last line is missing. */
  let isTorn = false;

  function writeAll(text: string): boolean {
    let rest: Uint8Array = Buffer.from(text);
    let attempts = 0;
    while (rest.length > 0) {
      try {
        rest = rest.subarray(write(rest));
        isTorn = rest.length > 0;
      } catch (error) {
        const { code = '' } = error as NodeJS.ErrnoException;
        if (!BUSY.has(code) || ++attempts > ATTEMPTS) return false;
        sleep(WAIT);
      }
    }
    return true;
  }

  return {
    write(line) {
      const facts = { level: 40, time: Date.now(), name: 'znuny-oauth2', lines: missing };
      const gap = `${JSON.stringify({ ...facts, msg: 'lines of the log could not be written' })}\n`;
      const isWritten = writeAll(`${isTorn ? '\n' : ''}${missing > 0 ? gap : ''}${line}`);
      missing = isWritten ? 0 : missing + 1;
    },
  };
}
