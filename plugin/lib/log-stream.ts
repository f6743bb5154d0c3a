import { writeSync } from 'node:fs';
import type { DestinationStream } from 'pino';

/**
 * How many times a write to a full pipe is retried, with a pause of `WAIT` milliseconds before each retry.
 */
const ATTEMPTS = 10;
const WAIT = 5;

const BUSY = new Set(['EAGAIN', 'EINTR']);

/** Blocks the process on purpose: a line must be written before the call returns. */
const sleep = (ms: number) => void Atomics.wait(new Int32Array(new SharedArrayBuffer(4)), 0, 0, ms);

/**
 * Writes each line to standard output before the call returns: a process that exits would lose or reorder the
 * last lines of another thread. A line that cannot be written, because the disk is full or the reader is
 * gone, is dropped and counted, because a log must not end the process. The next line that can be written
 * reports how many are missing.
 * @param write as writeSync(2) on standard output; replaced in tests
 */
export function createLogStream(
  write: (bytes: Uint8Array) => number = (bytes) => writeSync(1, bytes),
): DestinationStream {
  let missing = 0;
  /** The last line was written only in part. */
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
