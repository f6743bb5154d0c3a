import { execFileSync } from 'node:child_process';
import { labUser } from '../lab/lab-user.js';

/**
 * Root never runs a helpdesk's Perl: gives a helpdesk that a test has created to the lab's user. Does nothing unless
 * run by root.
 */
export function giveHelpdesk(home: string): void {
  const { prefix, uid, gid } = labUser();
  if (prefix.length > 0) execFileSync('chown', ['-Rh', `${uid}:${gid}`, home]);
}
