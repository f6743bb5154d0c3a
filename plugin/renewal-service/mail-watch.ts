import type { FetchingState } from '../domain/mailbox/fetching-state.js';
import { SidecarError } from '../errors.js';
import { type MailMemory, type WatchMailDeps, watchMail } from '../usecases/watch-mail.js';

/** After a longer time without a look, nobody knows why no mail was fetched meanwhile. Milliseconds. */
const GAP = 180_000;

/** Looks at the helpdesk's fetches and remembers whether fetching as a whole runs. */
export function createMailWatch(deps: WatchMailDeps) {
  let memory: MailMemory | null = null;
  let lookedAt: Date | null = null;
  let last: FetchingState | null = null;
  return {
    async look(): Promise<void> {
      const now = deps.clock();
      memory ??= { watchingSince: now, judgedBy: null };
      const gap = now.getTime() - (lookedAt ?? memory.watchingSince).getTime();
      if (gap >= GAP || gap < 0) memory.watchingSince = now;
      const found = await watchMail(deps, memory);
      if (found) {
        last = found;
        lookedAt = now;
      } else if (gap >= GAP) throw new SidecarError('database-busy', { log: 'mail-watch.alone' });
    },
    fetching: (): FetchingState | null => last,
  };
}
