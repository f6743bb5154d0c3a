import { execFileSync } from 'node:child_process';
import { labUser } from '../lab/lab-user.js';

/** Root never runs a helpdesk's Perl: gives a helpdesk that a test has made to the lab's user. Nothing to do unless we are root. */
export function giveHelpdesk(home: string): void {
  const { prefix, uid, gid } = labUser();
  if (prefix.length > 0) execFileSync('chown', ['-Rh', `${uid}:${gid}`, home]);
}
