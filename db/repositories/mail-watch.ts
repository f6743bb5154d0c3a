import type { Knex } from 'knex';
import { NO_MAIL, writeMailUse } from '../../plugin/domain/mailbox/mail-use.js';
import type { MailReader, MailWatchStore } from '../../plugin/domain/mailbox/mail-watch.js';
import type { Database } from '../database.js';
import type { Zone } from '../dates.js';
import { despiteLocks } from '../despite-locks.js';
import { listOf } from '../dialect/list.js';
import { type DueTimes, noteAccounts, readMailboxes } from './mail-accounts.js';
import { readFigures } from './mail-figures.js';
import { PAGE } from './mail-log.js';
import { lookAtMail, type RelayFacts, WATCH, writeQueue } from './mail-look.js';
import { readOn } from './mail-read.js';
import { writeStates } from './mail-states.js';
import { tellFetching, tellMailboxes } from './mail-told.js';
import { MAILBOX } from './mailbox-row.js';
import { ownValues } from './own-values.js';
import { RENEWAL } from './renewal-table.js';

/** Reads and writes in the transaction that holds the lock. */
function createReader(deps: MailWatchDeps): MailReader {
  const { db, zone, relay } = deps;
  let mark = '';
  const due: DueTimes = new Map();
  return {
    async look(now) {
      const { mark: found, ...look } = await lookAtMail(deps, now);
      mark = found;
      return look;
    },

    readOn: (now, add) =>
      db.run('mail-watch.read', (knex, dialect) => readOn(knex, dialect, { now, zone, add })),

    noteAccounts: () =>
      db.run('mail-watch.accounts', (knex, dialect) => noteAccounts(knex, dialect, { mark, relay })),

    noteQueue: (queue) =>
      db.run('mail-watch.queue', async (knex) => {
        await knex(WATCH)
          .where('id', 1)
          .update({ queue: writeQueue(queue) });
      }),

    due: (now) =>
      db.run('mail-watch.due', async (knex) => {
        const rows: { account_id: number; changes_at: number }[] = await knex(MAILBOX)
          .where('changes_at', '<=', now.getTime())
          .orderBy('changes_at')
          .limit(PAGE)
          .select('account_id', 'changes_at');
        for (const { account_id, changes_at } of rows) due.set(account_id, Number(changes_at));
        return rows.map(({ account_id }) => account_id);
      }),

    mailboxes: (which) =>
      db.run('mail-watch.mailboxes', (knex, dialect) => readMailboxes(knex, dialect, which, due)),

    tellFetching: (word, cause, now) =>
      db.run('mail-watch.tell', (knex, dialect) => tellFetching(knex, dialect, { word, cause, at: now })),

    tellMailboxes: (mailboxes, others, now) =>
      db.run('mail-watch.tell', (knex, dialect) =>
        tellMailboxes(knex, dialect, { mailboxes, others, at: now }),
      ),

    schedule: (states) =>
      db.run('mail-watch.schedule', (knex, dialect) => writeStates(knex, dialect, states, due)),
  };
}

/** Locks the row of marks. @returns false if there is none */
const lockWatch = async (knex: Knex): Promise<boolean> =>
  (await knex(WATCH).where('id', 1).forUpdate().first('id')) !== undefined;

/** The helpdesk's database, the time zone of its rows, and where the relay listens. */
export interface MailWatchDeps {
  db: Database;
  zone: Zone;
  relay: RelayFacts;
}

export function createMailWatchStore(deps: MailWatchDeps): MailWatchStore {
  const { db } = deps;
  /**
   * The lock of one row lets one sidecar read at a time, and ends with its transaction however that ends. The row is
   * added outside: of several transactions that find no row to lock, each would keep the others from adding it.
   */
  async function alone<T>(work: (reader: MailReader) => Promise<T>): Promise<T | null> {
    const locked = () =>
      db.transaction('mail-watch.alone', async (database) =>
        (await database.run('mail-watch.lock', lockWatch))
          ? { done: await work(createReader({ ...deps, db: database })) }
          : null,
      );
    const first = await locked();
    if (first) return first.done;
    await db.run('mail-watch.begin', (knex, { statements }) =>
      statements.insertMissing(knex, WATCH, { id: 1 }, 'id'),
    );
    return (await locked())?.done ?? null;
  }

  return {
    async look(now) {
      const { mark: _mark, ...look } = await lookAtMail(deps, now);
      return look;
    },

    mailboxes: (which) =>
      db.run('mail-watch.mailboxes', (knex, dialect) => readMailboxes(knex, dialect, which)),

    figures: (most) => db.run('mail-watch.figures', (knex) => readFigures(knex, most)),

    alone: (work) =>
      alone(work).catch((error: unknown) => {
        if (db.dialect.errors.isBusy(error)) return null;
        throw error;
      }),

    async noteUses(now, uses, all) {
      const ids = [...uses.keys()];
      const known: { id: number; mail: string | null }[] = await db.run(
        'mail-watch.uses',
        async (knex, { statements }) => {
          // A configuration that the renewal service has not seen yet has no row.
          const rows = ids.map((token_config_id) => ({ token_config_id }));
          if (rows.length > 0) await statements.insertMissing(knex, RENEWAL, rows, 'token_config_id');
          const query = knex(RENEWAL).select('token_config_id as id', 'mail');
          return all ? query : query.whereIn('token_config_id', ids);
        },
      );
      const changed = known.flatMap(({ id, mail }) => {
        const text = writeMailUse(uses.get(id) ?? NO_MAIL);
        return text === mail || (mail === null && !uses.has(id))
          ? []
          : [{ id, values: { mail: text, due_at: now.getTime() } }];
      });
      await despiteLocks(db.dialect, changed, (part) =>
        db.run('mail-watch.uses', (knex, dialect) => {
          const own = ownValues(dialect, 'token_config_id', part);
          const these = listOf(part.map(({ id }) => id));
          return dialect.statements.change(
            knex,
            `UPDATE ${RENEWAL} SET ${own.sql} WHERE token_config_id IN ${these.sql}`,
            [...own.bindings, ...these.bindings],
          );
        }),
      );
    },

    mute: (accountId, until, now) =>
      db.run('mail-watch.mute', async (knex, { statements }) => {
        const row = {
          account_id: accountId,
          muted_until: until?.getTime() ?? null,
          changes_at: now.getTime(),
        };
        await statements.upsert(knex, MAILBOX, row, 'account_id');
      }),
  };
}
