import { type Finding, finding, ok } from '../../domain/doctor/doctor.js';
import type { DoctorDeps } from '../../domain/doctor/doctor-ports.js';
import { fetchingSentence } from '../../domain/mailbox/mailbox-sentence.js';
import { phrase } from '../../lib/phrase.js';
import { judgeMailboxes } from '../mailbox-figures.js';
import { names, OVERVIEW } from './finding-parts.js';

const inUtc = (at: Date): string => `${at.toISOString().slice(0, 16).replace('T', ' ')} UTC`;

/** Does mail arrive and leave, by what the sidecar has read of the helpdesk's communication log? */
export async function checkMail(deps: DoctorDeps): Promise<Finding> {
  const { fetching, mailboxes } = await judgeMailboxes({
    mailWatch: await deps.mailWatch(),
    settings: { current: deps.settings },
    clock: deps.clock,
  });
  const told = mailboxes.filter(({ isMuted }) => !isMuted);
  const of = (wanted: string) => told.filter(({ severity }) => severity === wanted).map(({ login }) => login);
  const [stopped, failing] = [of('error'), of('warning')];
  const standstill = fetchingSentence(fetching, inUtc);
  const reasons = [
    ...(standstill ? [standstill] : []),
    ...(stopped.length > 0 ? [phrase('Mail cannot be received or sent: %s.', names(stopped))] : []),
    ...(failing.length > 0 ? [phrase('Mail is failing: %s.', names(failing))] : []),
  ];
  if (reasons.length > 0)
    return finding(standstill || stopped.length > 0 ? 'fault' : 'warning', reasons, { link: OVERVIEW });
  return ok(phrase('Watched mailboxes: %s, none with an error.', mailboxes.length));
}
