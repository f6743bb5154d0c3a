import { mkdtempSync, renameSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import path from 'node:path';
import { giveToLabUser } from '../../lab/lab-user.js';
import type { Ground } from './fault.js';

export interface SetClock extends Ground {
  /** The wall clock of the sidecars, in seconds ahead of the real one. Their timers keep running. */
  set(seconds: number): void;
}

/** A wall clock that can be set: Debian's libfaketime. */
export async function ownClock(): Promise<SetClock> {
  const folder = mkdtempSync(path.join(tmpdir(), 'chaos-clock-'));
  const file = path.join(folder, 'clock');
  giveToLabUser(folder);
  const set = (seconds: number) => {
    writeFileSync(`${file}.new`, `${seconds < 0 ? '' : '+'}${seconds}`);
    renameSync(`${file}.new`, file);
  };
  set(0);
  return {
    set,
    sidecar: {
      preload: '/usr/$LIB/faketime/libfaketime.so.1',
      env: {
        FAKETIME_TIMESTAMP_FILE: file,
        FAKETIME_NO_CACHE: '1',
        FAKETIME_DONT_FAKE_MONOTONIC: '1',
        NO_FAKE_STAT: '1',
      },
    },
    end: () => rmSync(folder, { recursive: true, force: true }),
  };
}
