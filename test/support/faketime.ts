import { renameSync, writeFileSync } from 'node:fs';
import path from 'node:path';

/**
 * The wall clock of a sidecar (faketime(1), Debian's libfaketime); its timers keep running, as on a real machine.
 * @param folder for the file that says what time it is
 */
export function faketime(folder: string) {
  const file = path.join(folder, 'clock');
  return {
    preload: '/usr/$LIB/faketime/libfaketime.so.1',
    env: {
      FAKETIME_TIMESTAMP_FILE: file,
      FAKETIME_NO_CACHE: '1',
      FAKETIME_DONT_FAKE_MONOTONIC: '1',
      NO_FAKE_STAT: '1',
    },
    /** Sets it, in seconds ahead of the real one. */
    set(seconds: number): void {
      writeFileSync(`${file}.new`, `${seconds < 0 ? '' : '+'}${seconds}`);
      renameSync(`${file}.new`, file);
    },
  };
}
