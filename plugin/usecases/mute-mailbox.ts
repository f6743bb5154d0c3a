import type { Clock } from '../domain/clock.js';
import type { MailWatchStore } from '../domain/mailbox/mail-watch.js';
import type { EventStore } from '../domain/token/event-store.js';
import { SidecarError } from '../errors.js';
import { type ListMailboxesDeps, listMailboxes } from './list-mailboxes.js';

export interface MuteMailboxDeps extends ListMailboxesDeps {
  mailWatch: Pick<MailWatchStore, 'mute'>;
  events: Pick<EventStore, 'add'>;
  clock: Clock;
}

export interface Muting {
  configId: number;
  /** ID of the mail account; null: outbound mail. */
  accountId: number | null;
  /** null: no longer. */
  until: Date | null;
  /** The helpdesk's user. */
  actor: number;
}

/** The longest time, in milliseconds: a mailbox must not be forgotten. */
const LONGEST = 366 * 86_400_000;

/** The end of a day, given as `YYYY-MM-DD`, in UTC; null if it is not one. */
export function endOfDay(text: string): Date | null {
  if (!/^\d{4}-\d{2}-\d{2}$/.test(text)) return null;
  const end = new Date(`${text}T23:59:59Z`);
  return Number.isNaN(end.getTime()) || !end.toISOString().startsWith(text) ? null : end;
}

/**
 * Keeps a mailbox out of bar, alerts and everything that counts what needs attention, until a time.
 * @throws SidecarError unknown-token-config; unknown-mail-account if the mailbox does not use the configuration;
 *   mute-invalid if the time is not within a year
 */
export async function muteMailbox(
  deps: MuteMailboxDeps,
  { configId, accountId, until, actor }: Muting,
): Promise<void> {
  const { known, others } = await listMailboxes(deps, configId);
  const mailbox = [...known, ...others].find((one) => one.accountId === accountId);
  if (!mailbox) throw new SidecarError('unknown-mail-account');
  const now = deps.clock();
  const left = until === null ? 1 : until.getTime() - now.getTime();
  if (!(left > 0 && left <= LONGEST)) throw new SidecarError('mute-invalid');
  await deps.mailWatch.mute(accountId ?? 0, until, now);
  await deps.events.add(configId, {
    at: now,
    actor,
    what: until === null ? 'mailbox-unmuted' : 'mailbox-muted',
    outcome: 'ok',
    code: [mailbox.login.slice(0, 70), until?.toISOString().slice(0, 10)].filter(Boolean).join(' '),
    durationMs: null,
  });
}
