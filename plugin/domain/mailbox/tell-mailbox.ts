import type { FetchingState } from './fetching-state.js';
import type { WatchedMailbox } from './mail-watch.js';
import type { MailboxState } from './mailbox-state.js';
import { MUTED, NOT_WATCHED, type ToldMailbox } from './told-mailbox.js';

/**
 * What to announce of a mailbox; null: nothing new can be said, because something else is at fault that is announced
 * itself: its token, or fetching as a whole. Pure.
 */
export function toldMailbox(
  { accountId, configId, login, host, isValid, token, mutedUntil }: WatchedMailbox,
  { kind, severity, cause }: MailboxState,
  { fetching, now }: { fetching: Pick<FetchingState, 'isStopped'>; now: Date },
): ToldMailbox | null {
  const told = { accountId: accountId ?? 0, configId, login, cause: `${cause ?? ''}@${host}` };
  if (!isValid) return { ...told, word: NOT_WATCHED };
  if (mutedUntil !== null && mutedUntil > now) return { ...told, word: MUTED };
  if (severity === 'ok' || severity === 'note') return { ...told, word: 'mail-runs' };
  if (token && token.severity === 'error' && !token.works) return null;
  if (kind === 'hanging' && fetching.isStopped) return null;
  return { ...told, word: severity === 'error' ? 'mail-stopped' : 'mail-failing' };
}
