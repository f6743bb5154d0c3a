/** Why no mailbox is fetched at all. */
export type FetchingCause = 'hanging' | 'lock' | 'daemon' | 'not-started';

/** Whether the helpdesk fetches mail at all. */
export interface FetchingState {
  isStopped: boolean;
  cause: FetchingCause | null;
  /** Since when no mail has been fetched, or a fetch has been hanging; null: it runs. */
  since: Date | null;
  /** Mail account whose fetch hangs; null: none, or unknown. */
  accountId: number | null;
  /** Its login; '': none. */
  mailbox: string;
  /** When any account was fetched last. */
  lastAt: Date | null;
  /** How many mailboxes wait for it. */
  mailboxes: number;
}

/** A fetch that has not ended; of several, the one that began last. */
export interface OpenFetch {
  accountId: number;
  /** Login of the account. */
  mailbox: string;
  /** When it began, or last took in a mail; if it was killed and began again, when the first one did. */
  since: Date;
  /** No other account was fetched after it. */
  isLast: boolean;
  /** How many other mailboxes were fetched before it and not since: they come after it in the helpdesk's order. */
  waiting: number;
}

export interface FetchingFacts {
  /** When the last fetch of any account began. */
  lastAt: Date | null;
  /** Since when a process has held the lock that lets one fetch run at a time. */
  lockSince: Date | null;
  open: OpenFetch | null;
  /** When the daemon last started the task. */
  startedAt: Date | null;
  /** Milliseconds between two runs of the task; null: the task is switched off, so nobody expects it. */
  period: number | null;
  /** Since when somebody has looked: what happened before may have been a stop of the whole machine. */
  watchingSince: Date;
  /** Valid mail accounts that sign in with a token. */
  mailboxes: number;
}

/** How many periods may pass without a fetch. */
const PERIODS = 3;

const later = (a: Date, b: Date | null) => (b && b > a ? b : a);

/**
 * Determines whether fetching as a whole has stopped, which counts once and not for each mailbox. Pure.
 * @param hang how long a fetch may show no sign of life, in milliseconds
 */
export function fetchingState(facts: FetchingFacts, hang: number, now: Date): FetchingState {
  const { lastAt, lockSince, open, startedAt, period, watchingSince, mailboxes } = facts;
  const runs: FetchingState = {
    isStopped: false,
    cause: null,
    since: null,
    accountId: null,
    mailbox: '',
    lastAt,
    mailboxes,
  };
  const stopped = (cause: FetchingCause, since: Date): FetchingState => ({
    ...runs,
    isStopped: true,
    cause,
    since,
  });
  // Without a fetch ever, nobody has begun to fetch mail this way.
  if (mailboxes === 0 || lastAt === null) return runs;
  const limit = PERIODS * (period ?? 0);
  const isLate = period !== null && startedAt !== null && now.getTime() - startedAt.getTime() >= limit;
  const hangs = open !== null && now.getTime() - open.since.getTime() >= hang;
  // The helpdesk ends a fetch that hangs after ten minutes, releases the lock and begins again at the first account. So
  // each round fetches the accounts before it and none after it, whether or not somebody holds the lock at this moment.
  // If the daemon is down, nothing is started while nobody holds it.
  if (open && hangs && open.waiting > 0 && (lockSince !== null || !isLate))
    return {
      ...stopped('hanging', open.since),
      accountId: open.accountId,
      mailbox: open.mailbox,
      mailboxes: open.waiting,
    };
  // A long fetch that still takes in mails keeps all others waiting, and mail arrives.
  if (open?.isLast && !hangs) return runs;
  if (period === null || now.getTime() - later(lastAt, watchingSince).getTime() < limit) return runs;
  // A daemon that starts nothing has not been kept from it by the lock. Without any start, cron may start the fetches.
  if (lockSince && !isLate && now.getTime() - lockSince.getTime() >= limit) return stopped('lock', lockSince);
  if (startedAt === null || isLate) return stopped('daemon', lastAt);
  return stopped('not-started', lastAt);
}

/** Its name in history and alerts; translated where it is shown. */
export const FETCHING_NAME = 'Mail fetching';

/** What is told of fetching as a whole: the code of its state changes. */
export type FetchingWord = 'fetching-stopped' | 'fetching-runs';

/**
 * What to tell of fetching as a whole; null: nothing new, or undecided. A sidecar that has just started knows only
 * after a while that it has stopped, and must not take back meanwhile what another one has told. Pure.
 * @param seen as this sidecar has watched it
 * @param ever as if somebody had always watched
 */
export function fetchingWord(
  told: string | null,
  seen: Pick<FetchingState, 'isStopped'>,
  ever: Pick<FetchingState, 'isStopped'>,
): FetchingWord | null {
  const word = seen.isStopped ? 'fetching-stopped' : ever.isStopped ? null : 'fetching-runs';
  return word === told ? null : word;
}

const MINUTE = 60_000;

/** Does a field of a cron line match everything? */
const isAny = (field: string) => field === '*' || field === '*/1';

/** Minutes between two runs, from the field of the minutes; null: not understood. */
function minutesOf(field: string): number | null {
  if (isAny(field)) return 1;
  const step = /^(?:\*|0-59|0)\/(\d{1,2})$/.exec(field);
  if (step) return Number(step[1]) || null;
  const times = field.split(',').map(Number);
  if (times.some((time) => !Number.isInteger(time) || time < 0 || time > 59)) return null;
  const sorted = [...new Set(times)].sort((a, b) => a - b);
  const gaps = sorted.map((time, at) => (sorted[at + 1] ?? (sorted[0] ?? 0) + 60) - time);
  return Math.max(...gaps);
}

/**
 * The longest time between two runs of the task, in milliseconds.
 * @param task the setting `Daemon::SchedulerCronTaskManager::Task###MailAccountFetch`
 * @returns null if the task is switched off; a day for a line that restricts hours or days
 */
export function fetchPeriod(task: unknown): number | null {
  if (typeof task !== 'object' || task === null) return null;
  const line = String((task as { Schedule?: unknown }).Schedule ?? '').trim();
  const [minute = '', hour = '', ...days] = line.split(/\s+/);
  if (days.length !== 3 || days.some((field) => !isAny(field)) || !isAny(hour)) return 1440 * MINUTE;
  return (minutesOf(minute) ?? 60) * MINUTE;
}
