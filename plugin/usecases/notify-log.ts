import type { Log } from '../domain/log.js';
import { type Notifier, type StateSubject, subjectKey } from '../domain/mailbox/state-change.js';

/** How many changes are logged one by one; beyond that, only their number. */
const MOST_NAMED = 20;

const idOf = (subject: StateSubject) =>
  subject.kind === 'configuration' ? { configId: subject.id } : { subject: subjectKey(subject) };

/** Logs state changes. */
export const notifyLog = (log: Log): Notifier => ({
  name: 'log',
  async notify(changes) {
    const told = changes.filter(({ from }) => from !== null);
    for (const { subject, from, to, needsAttention } of told.slice(0, MOST_NAMED))
      log[needsAttention ? 'warn' : 'info']({ ...idOf(subject), from, to }, 'state changed');
    const more = told.length - MOST_NAMED;
    if (more > 0) log.warn({ number: more }, 'further state changes');
  },
});
