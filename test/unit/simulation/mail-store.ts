import { type FetchFacts, NO_FETCHES } from '../../../plugin/domain/mailbox/fetch-facts.js';
import type { MailLook, MailReader, MailWatchStore } from '../../../plugin/domain/mailbox/mail-watch.js';
import type { StateChange } from '../../../plugin/domain/mailbox/state-change.js';
import { isTrouble } from '../../../plugin/domain/mailbox/told-mailbox.js';
import type { LogRow, MailWorld } from './mail-world.js';

interface StoredBox {
  facts: FetchFacts;
  changesAt: number | null;
  told: string | null;
}

interface Stored {
  logId: number | null;
  lookedAt: number;
  fetchedAt: number | null;
  told: string | null;
  boxes: Map<number, StoredBox>;
}

const PAGE = 1000;
const RESULTS = { Successful: 'succeeded', Failed: 'failed', Processing: 'open' } as const;
const date = (ms: number | null) => (ms === null ? null : new Date(ms));

/** One database for all sidecars: the rules of db/repositories, with transactions that are lost with their process. */
export function createMailStore(world: MailWorld, clock: () => Date) {
  let stored: Stored = { logId: null, lookedAt: 0, fetchedAt: null, told: null, boxes: new Map() };

  /** Has no account been fetched after this row? The newest rows are at the end. */
  function isLast(id: number): boolean {
    for (let at = world.log.length - 1; at >= 0; at--) {
      const row = world.log[at] as LogRow;
      if (row.id <= id) return true;
      if (/^[1-9]\d{0,2}$/.test(row.account)) return false;
    }
    return true;
  }
  /** How many mailboxes were fetched before, and not since. */
  const waiting = ({ boxes }: Stored, id: number, since: Date): number =>
    [...boxes].filter(([other, { facts }]) => {
      const ended = Math.max(Number(facts.fetchedAt), Number(facts.failedAt));
      return other !== id && ended > 0 && ended <= since.getTime();
    }).length;
  const opened = ({ boxes }: Stored) => [...boxes].filter(([, { facts }]) => facts.open !== null);

  function look(of: Stored): MailLook {
    const now = clock();
    const newest = world.log.at(-1)?.id ?? null;
    const [open] = opened(of).sort(([, a], [, b]) => (b.facts.open?.id ?? 0) - (a.facts.open?.id ?? 0));
    const isDue = [...of.boxes.values()].some(
      ({ changesAt }) => changesAt !== null && changesAt <= now.getTime(),
    );
    return {
      hasNews: open !== undefined || isDue || (newest !== null && newest !== of.logId) || of.boxes.size === 0,
      accountsChanged: of.boxes.size === 0,
      fetchedAt: date(of.fetchedAt),
      lockSince: date(world.lockSince),
      startedAt: date(world.startedAt),
      queue: { waiting: 0, since: null, attempts: 0, said: '' },
      queueChanged: false,
      open: open
        ? {
            accountId: open[0],
            mailbox: `box${open[0]}@example.org`,
            since: open[1].facts.open?.since ?? now,
            isLast: isLast(open[1].facts.open?.id ?? 0),
            waiting: waiting(of, open[0], open[1].facts.open?.since ?? now),
          }
        : null,
      mailboxes: world.boxes.length,
      told: of.told,
    };
  }

  /** Works on a copy, which replaces what is stored when all is done. */
  function readerOf(copy: Stored, changes: StateChange[]): MailReader {
    const change = (one: Pick<StateChange, 'subject' | 'name' | 'from' | 'to'>, needsAttention: boolean) => {
      const found: StateChange = {
        ...one,
        severity: needsAttention ? 'error' : 'ok',
        needsAttention,
        cause: '',
        at: clock(),
      };
      changes.push(found);
      return found;
    };
    return {
      look: async () => look(copy),
      async readOn(now, add) {
        const newest = world.log.at(-1)?.id ?? null;
        const anew = copy.logId !== null && newest !== null && newest < copy.logId;
        const after = anew || copy.logId === null ? 0 : copy.logId;
        const open = opened(copy).flatMap(([, { facts }]) => facts.open?.id ?? []);
        const again = anew ? [] : world.log.filter((row) => open.includes(row.id) && row.id <= after);
        const fresh = world.log.filter(({ id }) => id > after).slice(0, PAGE);
        if (anew) for (const box of copy.boxes.values()) box.facts = { ...box.facts, logId: 0 };
        for (const row of [...again, ...fresh]) take(row);
        const seen = new Set([...again, ...fresh].map(({ id }) => id));
        for (const [, box] of opened(copy))
          if (anew || (box.facts.open && box.facts.open.id <= after && !seen.has(box.facts.open.id)))
            box.facts = { ...box.facts, open: null };
        copy.logId = fresh.at(-1)?.id ?? after;
        copy.lookedAt = now.getTime();
        return { more: fresh.length === PAGE };

        function take({ id, account, at, status, said }: LogRow): void {
          const box = /^\d{1,9}$/.test(account) ? copy.boxes.get(Number(account)) : undefined;
          if (!box || (anew && at <= copy.lookedAt)) return;
          const event = {
            logId: id,
            accountId: Number(account),
            at: new Date(at),
            result: RESULTS[status],
            said,
          };
          box.facts = add(box.facts, event, 'imap');
          box.changesAt = now.getTime();
          copy.fetchedAt = Math.max(copy.fetchedAt ?? 0, at);
        }
      },
      async noteAccounts() {
        for (const { id } of world.boxes)
          if (!copy.boxes.has(id)) copy.boxes.set(id, { facts: NO_FETCHES, changesAt: null, told: null });
      },
      noteQueue: async () => undefined,
      due: async (now) =>
        [...copy.boxes].flatMap(([id, { changesAt }]) =>
          changesAt !== null && changesAt <= now.getTime() ? [id] : [],
        ),
      mailboxes: async ({ accountIds }) => watched(copy, accountIds),
      async tellFetching(word) {
        const from = copy.told;
        copy.told = word;
        return change(
          { subject: { kind: 'fetching' }, name: 'fetching', from, to: word },
          word === 'fetching-stopped',
        );
      },
      async tellMailboxes(mailboxes) {
        return mailboxes.flatMap(({ accountId, login, word }) => {
          const box = copy.boxes.get(accountId);
          if (!box || box.told === word) return [];
          const from = box.told;
          box.told = word;
          return [
            change(
              { subject: { kind: 'mailbox', id: accountId }, name: login, from, to: word },
              isTrouble(word),
            ),
          ];
        });
      },
      async schedule(states) {
        for (const { accountId, at } of states) {
          const box = copy.boxes.get(accountId);
          if (box) box.changesAt = at?.getTime() ?? null;
        }
      },
    };
  }

  const watched = ({ boxes }: Stored, ids?: number[]) =>
    [...boxes].flatMap(([id, { facts }]) =>
      ids && !ids.includes(id)
        ? []
        : [
            {
              accountId: id,
              login: `box${id}@example.org`,
              type: 'IMAPS',
              host: 'mail.example.org',
              configId: id,
              isValid: true,
              fetches: facts,
              mutedUntil: null,
              token: null,
            },
          ],
    );

  return {
    told: (id: number) => stored.boxes.get(id)?.told ?? null,
    toldFetching: () => stored.told,
    /** @param dies does this process die before the transaction ends? */
    store(dies: () => boolean, onChange: (change: StateChange) => void): MailWatchStore {
      return {
        look: async () => look(stored),
        mailboxes: async ({ accountIds }) => watched(stored, accountIds),
        figures: async () => ({ counts: [], mailboxes: [] }),
        async alone(work) {
          const boxes = new Map([...stored.boxes].map(([id, box]) => [id, { ...box }]));
          const copy = { ...stored, boxes };
          const changes: StateChange[] = [];
          const result = await work(readerOf(copy, changes));
          if (dies()) throw new Error('killed');
          stored = copy;
          for (const one of changes) onChange(one);
          return result;
        },
        noteUses: async () => undefined,
        mute: async () => undefined,
      };
    },
  };
}
