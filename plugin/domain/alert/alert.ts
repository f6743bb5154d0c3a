import { MUTED, NOT_WATCHED } from '../mailbox/told-mailbox.js';
import type { Severity } from '../severity.js';

/** States in which an alert ends without a message: an admin wants to hear no more of it. */
const SILENT: readonly string[] = [MUTED, NOT_WATCHED];

/** Severities that somebody is told of; null: all is well, or nobody needs to act. */
export type AlertSeverity = Extract<Severity, 'error' | 'warning'> | null;

/** What is the matter with one subject, and what people have been told of it. */
export interface Alert {
  /** As `subjectKey` writes it. */
  subject: string;
  name: string;
  state: string;
  cause: string;
  severity: AlertSeverity;
  /** Since when somebody has had to act; for one that is over: of the last time. */
  since: Date;
  /** When state or severity changed last. */
  changedAt: Date;
  /** null: nobody was told of it, or it was told that it is over. */
  told: { state: string; severity: Exclude<AlertSeverity, null>; at: Date } | null;
  /** How many times it was told in the last day that it broke; see `holdOf`. */
  episodes: number;
}

/** The alerts with the same cause. */
export interface CauseFacts {
  /** When a message about this cause was written last. */
  toldAt: Date | null;
  /** How many subjects still need attention because of it. */
  open: number;
  /** How many of those people know of. */
  known: number;
  /** When a subject changed last. */
  changedAt: Date;
}

/** The settings of alerts that say when something is told. Milliseconds. */
export interface AlertPolicy {
  /** How long a state must last before it is told. */
  delay: number;
  /** How often what lasts is told again; 0: never. */
  reminder: number;
  /** The least severity that is told. */
  minimum: 'error' | 'warning';
}

const MINUTE = 60_000;
const HOUR = 60 * MINUTE;
const DAY = 24 * HOUR;

/** The shortest time between two messages about the same cause. Milliseconds. */
const CAUSE_INTERVAL = HOUR;

/** Everything that may be done with an alert; `lookAt`: when to decide again, null: not before a change. */
export type AlertDecision =
  | { do: 'tell-problem' | 'tell-resolved' | 'forget' }
  | { do: 'wait'; lookAt: Date | null };

/**
 * How long a subject must be well before that is told. A subject that breaks again and again waits longer
 * each time, up to six hours, so that flapping becomes one problem that lasts.
 * @param episodes how many times it was told in the last day that it broke
 */
export const holdOf = (episodes: number): number =>
  Math.min(6 * HOUR, 10 * MINUTE * 2 ** Math.max(0, Math.min(episodes, 10) - 1));

/** The severity that counts under these settings. */
const countedSeverity = (severity: AlertSeverity, { minimum }: AlertPolicy): AlertSeverity =>
  severity === 'warning' && minimum === 'error' ? null : severity;

const wait = (now: Date, until: number | null): AlertDecision | null =>
  until !== null && until > now.getTime() ? { do: 'wait', lookAt: new Date(until) } : null;

/** The end of the interval in which the cause is not told again. */
const endOfInterval = ({ toldAt }: CauseFacts): number | null => toldAt && toldAt.getTime() + CAUSE_INTERVAL;

function decideResolved(alert: Alert, cause: CauseFacts, now: Date): AlertDecision {
  // If all are well, the last one decides, so that one message tells all of them.
  const changed = (cause.open > 0 ? alert : cause).changedAt.getTime();
  if (!alert.told)
    // Remembered for a day, so that the next time counts as another episode.
    return (alert.episodes > 0 ? wait(now, changed + DAY) : null) ?? { do: 'forget' };
  return (
    wait(now, changed + holdOf(alert.episodes)) ??
    // The others with this cause are still waiting: one message for all of them, or one an hour.
    (cause.open > 0 ? wait(now, endOfInterval(cause)) : null) ?? { do: 'tell-resolved' }
  );
}

/** Decides what to do with an alert. Pure. */
export function decideAlert(alert: Alert, cause: CauseFacts, now: Date, policy: AlertPolicy): AlertDecision {
  // Muting repairs nothing. If it is still broken afterwards, a new message says so.
  if (alert.severity === null && SILENT.includes(alert.state)) return { do: 'forget' };
  const severity = countedSeverity(alert.severity, policy);
  // It may still become an error.
  if (severity === null && alert.severity !== null && !alert.told) return { do: 'wait', lookAt: null };
  if (severity === null) return decideResolved(alert, cause, now);
  const { told } = alert;
  if (!told)
    return (
      wait(now, alert.since.getTime() + policy.delay) ??
      // People know the cause already: the others with it are told together, once an hour.
      (cause.known > 0 ? wait(now, endOfInterval(cause)) : null) ?? { do: 'tell-problem' }
    );
  if (severity === 'error' && told.severity === 'warning')
    return wait(now, alert.changedAt.getTime() + policy.delay) ?? { do: 'tell-problem' };
  if (told.state === alert.state) return { do: 'wait', lookAt: null };
  return wait(now, told.at.getTime() + CAUSE_INTERVAL) ?? { do: 'tell-problem' };
}
