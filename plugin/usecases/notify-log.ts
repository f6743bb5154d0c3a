import type { Log } from '../domain/log.js';
import type { Notifier } from '../domain/mailbox/state-change.js';

/** Changes that are named in the log one by one; of more only their number. */
const MOST_NAMED = 20;

/** Writes changes of state to the log. */
export const notifyLog = (log: Log): Notifier => ({
  name: 'log',
  async notify(changes) {
    const told = changes.filter(({ from }) => from !== null);
    for (const { configId, from, to, needsAttention } of told.slice(0, MOST_NAMED))
      log[needsAttention ? 'warn' : 'info']({ configId, from, to }, 'state changed');
    const more = told.length - MOST_NAMED;
    if (more > 0) log.warn({ number: more }, 'more states changed');
  },
});
