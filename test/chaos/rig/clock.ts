import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import path from 'node:path';
import { giveToLabUser } from '../../lab/lab-user.js';
import { faketime } from '../../support/faketime.js';
import type { Ground } from './fault.js';

export interface SetClock extends Ground {
  /** The wall clock of the sidecars, in seconds ahead of the real one. Their timers keep running. */
  set(seconds: number): void;
}

/** A wall clock that can be set: Debian's libfaketime. */
export async function ownClock(): Promise<SetClock> {
  const folder = mkdtempSync(path.join(tmpdir(), 'chaos-clock-'));
  giveToLabUser(folder);
  const { set, ...sidecar } = faketime(folder);
  set(0);
  return { set, sidecar, end: () => rmSync(folder, { recursive: true, force: true }) };
}
