import type { Severity } from '../severity.js';

/** What has a state: a configuration, a mailbox of the helpdesk, or fetching as a whole. */
export type StateSubject =
  /** A mailbox has the ID of its mail account, or 0 for outbound mail. */
  | { kind: 'configuration' | 'mailbox'; id: number }
  /** Whether the helpdesk fetches mail at all. */
  | { kind: 'fetching' };

/** A short text for a subject, unique among all of them: `configuration:7`, `fetching`. */
export const subjectKey = (subject: StateSubject): string =>
  'id' in subject ? `${subject.kind}:${subject.id}` : subject.kind;

/** The reverse of `subjectKey`; null for anything else. */
export function subjectOf(key: string): StateSubject | null {
  if (key === 'fetching') return { kind: 'fetching' };
  const [, kind, id] = /^(configuration|mailbox):(\d{1,10})$/.exec(key) ?? [];
  return kind === 'configuration' || kind === 'mailbox' ? { kind, id: Number(id) } : null;
}

/** A subject whose state differs from the one reported last. Contains no secret. */
export interface StateChange {
  subject: StateSubject;
  /** The configuration that it belongs to; missing: none. */
  configId?: number;
  /** The subject's name at that time. */
  name: string;
  /** null: its state is reported for the first time. */
  from: string | null;
  /** For a configuration a `StateKind` or `muted`, for a mailbox a `MailboxWord`. */
  to: string;
  severity: Severity;
  /** An error or a warning: somebody must act. */
  needsAttention: boolean;
  /** The same for all subjects with one cause, such as a provider that does not answer: they are told together. */
  cause: string;
  /** When the change was found. */
  at: Date;
}

/**
 * Reports state changes to people or programs. What it throws is logged and does not stop other notifiers.
 */
export interface Notifier {
  /** Its name in the log. */
  name: string;
  notify(changes: readonly StateChange[]): Promise<void>;
}

/** Which states have been reported: columns of `oauth2_sidecar_renewal`. */
export interface StateChangeStore {
  /**
   * Takes changes that nobody has taken yet. Each goes to one caller, however many sidecars there are, and
   * into the history and the list of alerts in the same transaction. Changes in locked rows are left for a
   * later call. A call continues where the last one ended, and the one after the last page starts again.
   * @param limit how many at most
   */
  take(now: Date, limit: number): Promise<StateChange[]>;
}
