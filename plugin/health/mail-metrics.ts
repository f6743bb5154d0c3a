import { Gauge, type Registry } from 'prom-client';
import type { MailFigures } from '../domain/mailbox/mailbox-figures.js';

/** Metrics of mail itself. @param prefix of their names */
export function createMailMetrics(prefix: string, registers: Registry[]) {
  const gauge = (name: string, help: string, labelNames: string[]) =>
    new Gauge({ name: prefix + name, help, labelNames, registers });
  const counts = gauge('mailboxes', 'Mailboxes by the state of their mail and its severity', [
    'state',
    'severity',
  ]);
  // Not its login: the port asks nobody who they are.
  const own = ['account'];
  const states = gauge('mailbox_state', '1 for the state that the mail of a mailbox is in', [
    ...own,
    'state',
    'severity',
  ]);
  const successes = gauge(
    'mailbox_last_success_timestamp_seconds',
    'When the helpdesk last fetched the mailbox, or sent mail, without a failure',
    own,
  );
  const failures = gauge('mailbox_failures', 'Failures of a mailbox since its last success', own);
  const fetched = gauge(
    'mail_last_fetch_timestamp_seconds',
    'When the helpdesk last began to fetch any mailbox',
    [],
  );
  const stopped = gauge(
    'mail_fetching_stopped',
    '1 while mailboxes are not fetched, because of the daemon, a lock or a fetch that hangs, otherwise 0',
    [],
  );
  return {
    /**
     * @param figures null: not known, as the database does not answer
     * @param isStopped null: nobody has looked yet
     */
    show(figures: MailFigures | null, isStopped: boolean | null): void {
      for (const one of [counts, states, successes, failures]) one.reset();
      for (const one of [fetched, stopped]) one.remove();
      if (isStopped !== null) stopped.set(isStopped ? 1 : 0);
      if (!figures) return;
      const { lastAt } = figures.fetching;
      if (lastAt) fetched.set(lastAt.getTime() / 1000);
      for (const { state, severity, mailboxes } of figures.counts) counts.set({ state, severity }, mailboxes);
      for (const { account, state, severity, succeededAt, failures: count } of figures.mailboxes) {
        const labels = { account: String(account) };
        states.set({ ...labels, state, severity }, 1);
        failures.set(labels, count);
        if (succeededAt) successes.set(labels, succeededAt.getTime() / 1000);
      }
    },
  };
}
