import { type Finding, finding, ok } from '../../domain/doctor/doctor.js';
import type { DoctorDeps } from '../../domain/doctor/doctor-ports.js';
import { phrase } from '../../lib/phrase.js';
import { findForgotten } from '../find-forgotten.js';

const MOST_NAMED = 10;
/** A renewal that has waited longer than this is late: looks are seconds apart. Milliseconds. */
const LATE = 120_000;

/**
 * Does a sidecar renew tokens, and is none left out? Reads only the database, because the sidecar itself may
 * be broken.
 */
export async function checkDueList({ renewals, clock, unit }: DoctorDeps): Promise<Finding> {
  const store = await renewals();
  const now = clock();
  const forgotten = (await findForgotten(store, now)).map(({ config }) => config.name);
  if (forgotten.length > 0) {
    const names = forgotten.slice(0, MOST_NAMED).join(', ');
    return finding(
      'fault',
      phrase(
        'Can be renewed, but no renewal is scheduled: %s.',
        forgotten.length > MOST_NAMED ? `${names}, …` : names,
      ),
      {
        text: phrase('The sidecar schedules it within 5 minutes, and when it starts. Please report this.'),
        command: `systemctl restart ${unit}`,
      },
    );
  }
  const waits = now.getTime() - ((await store.nextDue()) ?? now).getTime();
  if (waits > LATE)
    return finding(
      'fault',
      phrase(
        'A renewal has been overdue for this many minutes: %s. No sidecar is working through the due list.',
        Math.floor(waits / 60_000),
      ),
      { text: phrase("Check the sidecar's log."), command: `journalctl -u ${unit}` },
    );
  return ok(phrase('Every renewable token has a scheduled renewal, and none is overdue.'));
}
