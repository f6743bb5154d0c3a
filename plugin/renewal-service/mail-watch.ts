import type { FetchingState } from '../domain/mailbox/fetching-state.js';
import { type WatchMailDeps, watchMail } from '../usecases/watch-mail.js';

/** After a longer time without a look, nobody knows why no mail was fetched meanwhile. Milliseconds. */
const GAP = 180_000;

/** Looks at the helpdesk's fetches and remembers whether fetching as a whole runs. */
export function createMailWatch(deps: WatchMailDeps) {
  let watchingSince: Date | null = null;
  let lookedAt: Date | null = null;
  let last: FetchingState | null = null;
  return {
    async look(): Promise<void> {
      const now = deps.clock();
      const gap = lookedAt === null ? GAP : now.getTime() - lookedAt.getTime();
      if (watchingSince === null || gap >= GAP || gap < 0) watchingSince = now;
      last = await watchMail(deps, watchingSince);
      lookedAt = now;
    },
    fetching: (): FetchingState | null => last,
  };
}
