import type { Clock } from '../domain/clock.js';
import type { Settings, SettingsReader } from '../domain/helpdesk/settings.js';
import type { Log } from '../domain/log.js';
import { addFetch } from '../domain/mailbox/fetch-facts.js';
import {
  type FetchingState,
  fetchingState,
  fetchingWord,
  fetchPeriod,
} from '../domain/mailbox/fetching-state.js';
import { mailThresholds } from '../domain/mailbox/mail-thresholds.js';
import { type MailUse, NO_MAIL } from '../domain/mailbox/mail-use.js';
import type {
  JudgedState,
  MailLook,
  MailReader,
  MailWatchStore,
  WatchedMailbox,
} from '../domain/mailbox/mail-watch.js';
import { shownSeverity } from '../domain/mailbox/mailbox-figures.js';
import { type MailboxContext, mailboxState, troubleOf } from '../domain/mailbox/mailbox-state.js';
import type { Notifier } from '../domain/mailbox/state-change.js';
import { toldMailbox } from '../domain/mailbox/tell-mailbox.js';
import type { ToldMailbox } from '../domain/mailbox/told-mailbox.js';
import { notifyAll } from './announce-changes.js';
import { outboundOf } from './list-mailboxes.js';

export interface WatchMailDeps {
  mailWatch: MailWatchStore;
  settings: SettingsReader;
  clock: Clock;
  /** Are told when a mailbox or fetching as a whole stops, or runs again. */
  notifiers?: readonly Notifier[];
  log?: Pick<Log, 'error'>;
}

/** As if somebody had always watched. */
const EVER = new Date(0);

/** How many pages of the log one look reads. */
const PAGES = 10;

/** The setting of the daemon's task that fetches mail. */
const TASK = ['Daemon::SchedulerCronTaskManager::Task', 'MailAccountFetch'] as const;

/** @param watchingSince since when somebody has looked without a gap */
export function fetchingOf(
  look: MailLook,
  settings: Settings,
  watchingSince: Date,
  now: Date,
): FetchingState {
  const tasks = settings.get(TASK[0]);
  const task =
    typeof tasks === 'object' && tasks !== null ? (tasks as Record<string, unknown>)[TASK[1]] : undefined;
  return fetchingState(
    { ...look, lastAt: look.fetchedAt, watchingSince, period: fetchPeriod(task) },
    mailThresholds(settings).hang,
    now,
  );
}

const worse = (a: MailUse['trouble'], b: MailUse['trouble']): MailUse['trouble'] =>
  !a || (b && a.severity === 'warning' && b.severity === 'error') ? b : a;

/** What the mailboxes of each configuration mean for it, what is announced of each, and when it changes by time alone. Pure. */
function judgeMailboxes(mailboxes: WatchedMailbox[], context: MailboxContext, now: Date) {
  const uses = new Map<number, MailUse>();
  const told: ToldMailbox[] = [];
  const times: JudgedState[] = [];
  for (const mailbox of mailboxes) {
    const { accountId, login, configId, isValid, fetches, mutedUntil } = mailbox;
    const state = mailboxState({ isWatched: isValid, fetches }, context, now);
    const one = toldMailbox(mailbox, state, { fetching: context.fetching, now });
    if (one) told.push(one);
    const isMuted = mutedUntil !== null && mutedUntil > now;
    const turns = [state.changesAt, isMuted ? mutedUntil : null].filter((at) => at !== null);
    const token = mailbox.token && { ...mailbox.token, failingSince: null, endsAt: null };
    const shown = token ? mailboxState({ isWatched: isValid, fetches }, { ...context, token }, now) : state;
    times.push({
      accountId: accountId ?? 0,
      at: turns.length === 0 ? null : new Date(Math.min(...turns.map(Number))),
      shown: { kind: shown.kind, severity: shownSeverity(shown.severity, isMuted) },
    });
    const use = uses.get(configId) ?? NO_MAIL;
    uses.set(configId, use);
    if (!isValid) continue;
    const trouble = isMuted ? null : troubleOf(state, { accountId, mailbox: login }, now);
    uses.set(configId, {
      told: use.told + (isMuted ? 0 : 1),
      muted: use.muted + (isMuted ? 1 : 0),
      trouble: worse(use.trouble, trouble),
      further: use.further + (use.trouble && trouble ? 1 : 0),
    });
  }
  return { uses, times, told };
}

/** What one process remembers between two looks. */
export interface MailMemory {
  /** Since when it has looked without a gap. */
  watchingSince: Date;
  /** The settings by which it has judged all mailboxes; null: it has not yet. */
  judgedBy: string | null;
}

/** Reads what is new, and judges the mailboxes that it concerns. */
async function takeIn(
  reader: MailReader,
  { now, settings, memory, anew }: { now: Date; settings: Settings; memory: MailMemory; anew: boolean },
) {
  const look = await reader.look(now);
  for (let page = 0; page < PAGES; page++) if (!(await reader.readOn(now, addFetch)).more) break;
  if (look.accountsChanged) await reader.noteAccounts();
  if (look.queueChanged) await reader.noteQueue(look.queue);
  const touched = new Set(await reader.due(now));
  if (look.queueChanged || look.queue.waiting > 0) touched.add(0);
  const after = await reader.look(now);
  const fetching = fetchingOf(after, settings, memory.watchingSince, now);
  const all = anew || look.accountsChanged;
  const outbound = outboundOf(settings);
  const mailboxes = await reader.mailboxes({ outbound, ...(all ? {} : { accountIds: [...touched] }) });
  const { uses, times, told } = judgeMailboxes(
    mailboxes,
    { thresholds: mailThresholds(settings), fetching },
    now,
  );
  // Accounts that no longer sign in with a token come up no more.
  const judged = new Set(times.map(({ accountId }) => accountId));
  const others = [...touched]
    .filter((id) => !judged.has(id))
    .map((accountId) => ({ accountId, at: null, shown: null }));
  await reader.schedule([...times, ...others]);
  const word = fetchingWord(after.told, fetching, fetchingOf(after, settings, EVER, now));
  const changes = word ? [await reader.tellFetching(word, fetching.cause, now)] : [];
  const notTold = all
    ? { ids: [...judged], areOthers: false }
    : { ids: others.map(({ accountId }) => accountId), areOthers: true };
  changes.push(...(await reader.tellMailboxes(told, notTold, now)));
  return { fetching, uses, all, changes };
}

/**
 * Takes in what the helpdesk's fetches have reported since the last look, and makes the configurations due whose
 * mailboxes changed. Two queries if there is nothing new.
 * @param memory is changed
 * @returns whether fetching as a whole runs; null: another sidecar is reading
 */
export async function watchMail(
  { mailWatch, settings: reader, clock, notifiers = [], log }: WatchMailDeps,
  memory: MailMemory,
): Promise<FetchingState | null> {
  const now = clock();
  const settings = await reader.current();
  const by = JSON.stringify([mailThresholds(settings), outboundOf(settings)]);
  const anew = by !== memory.judgedBy;
  const look = await mailWatch.look(now);
  const seen = fetchingOf(look, settings, memory.watchingSince, now);
  const word = fetchingWord(look.told, seen, fetchingOf(look, settings, EVER, now));
  if (!look.hasNews && !anew && word === null) return seen;
  const taken = await mailWatch.alone(async (alone) => {
    const news = await takeIn(alone, { now, settings, memory, anew });
    // Before the lock ends, so that no older result overwrites a newer one.
    await mailWatch.noteUses(now, news.uses, news.all);
    return news;
  });
  if (!taken) return null;
  memory.judgedBy = by;
  if (taken.changes.length > 0) await notifyAll(taken.changes, { notifiers, log });
  return taken.fetching;
}
