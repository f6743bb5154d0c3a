import type { Knex } from 'knex';
import { TOO_FAR } from '../../plugin/domain/token/due-time.js';
import type { RenewalStore } from '../../plugin/domain/token/renewal-store.js';
import { together } from '../../plugin/lib/together.js';
import type { Database } from '../database.js';
import { datesOf, type Zone } from '../dates.js';
import { despiteLocks } from '../despite-locks.js';
import type { Dialect } from '../dialect/dialect.js';
import { listOf } from '../dialect/list.js';
import { isFree, LONGEST_LEASE } from './leases.js';
import { noteTimes } from './own-times.js';
import { ownValue, ownValues } from './own-values.js';
import { type JoinedRow, joinedRows, markColumns, time, toRenewalRow } from './renewal-row.js';
import { RENEWAL } from './renewal-table.js';

type DueList = Pick<
  RenewalStore,
  'due' | 'one' | 'nextDue' | 'schedule' | 'noteTimes' | 'lookAgain' | 'unscheduled'
>;

async function schedule(
  knex: Knex,
  dialect: Dialect,
  entries: Parameters<RenewalStore['schedule']>[0],
  dueBy: Date | undefined,
): Promise<void> {
  const own = ownValues(
    dialect,
    'token_config_id',
    entries.map(({ configId, at, reason, mark }) => ({
      id: configId,
      values: { due_at: at?.getTime() ?? null, reason, ...markColumns(mark) },
    })),
  );
  // A configuration without a due time comes up again only if its mark differs. If its row was changed and
  // changed back between two passes, the mark would be the same although the decision was made from another
  // row. So the mark is cleared unless it is that of the row behind the decision.
  const judged = ownValue(
    dialect,
    { key: 'token_config_id', otherwise: 'config_mark' },
    entries.map(({ configId, ...entry }) => ({ id: configId, ...entry })),
    ({ at, configMark }) => (at === null ? configMark : undefined),
  );
  const these = listOf(entries.map(({ configId }) => configId));
  const forgets = `config_mark = CASE WHEN config_mark = ${judged.sql} THEN config_mark ELSE '' END`;
  await dialect.statements.change(
    knex,
    `UPDATE ${RENEWAL} SET ${own.sql}${judged.bindings.length > 0 ? `, ${forgets}` : ''}
     WHERE token_config_id IN ${these.sql}${dueBy ? ' AND due_at <= ?' : ''}`,
    [...own.bindings, ...judged.bindings, ...these.bindings, ...(dueBy ? [dueBy.getTime()] : [])],
  );
}

/** Stores when each configuration comes up again. */
export function createDueList({ db, zone }: { db: Database; zone: Zone }): DueList {
  const read = together(async (ids: number[]) => {
    const dates = await datesOf(zone);
    const rows: JoinedRow[] = await db.run('renewals.one', (knex, dialect) =>
      joinedRows(knex, dialect)
        .leftJoin({ r: RENEWAL }, 'r.token_config_id', 'c.id')
        .whereIn('c.id', [...new Set(ids)]),
    );
    const found = new Map(rows.map((row) => [row.id, row]));
    return ids.map((id) => {
      const row = found.get(id);
      return row ? toRenewalRow(row, dates) : null;
    });
  });

  return {
    async due(now, limit) {
      const dates = await datesOf(zone);
      const rows: JoinedRow[] = await db.run('renewals.due', (knex, dialect) =>
        joinedRows(knex, dialect)
          .join({ r: RENEWAL }, 'r.token_config_id', 'c.id')
          .where('r.due_at', '<=', now.getTime())
          .orderBy(['r.due_at', 'r.token_config_id'])
          .limit(limit),
      );
      return rows.map((row) => toRenewalRow(row, dates));
    },

    one: read,

    nextDue: () =>
      db.run('renewals.next-due', async (knex) => {
        const row = await knex(RENEWAL).min({ at: 'due_at' }).first();
        return time(row?.at ?? null);
      }),

    async schedule(entries, dueBy) {
      // A locked row stays due.
      await despiteLocks(db.dialect, entries, (part) =>
        db.run('renewals.schedule', (knex, dialect) => schedule(knex, dialect, part, dueBy)),
      );
    },

    async noteTimes(rows) {
      await despiteLocks(db.dialect, rows, (part) =>
        db.run('renewals.note-times', (knex, dialect) => noteTimes(knex, dialect, part)),
      );
    },

    async lookAgain(now) {
      const dueNow = (which: (query: Knex.QueryBuilder) => void) =>
        db.run('renewals.look-again', async (knex) => {
          await knex(RENEWAL).modify(which).update({ due_at: now.getTime() });
        });
      try {
        await dueNow(() => undefined);
      } catch (error) {
        if (!db.dialect.errors.isBusy(error)) throw error;
        const ids: number[] = await db.run('renewals.look-again', (knex) =>
          knex(RENEWAL).pluck('token_config_id'),
        );
        await despiteLocks(db.dialect, ids, (part) =>
          dueNow((query) => query.whereIn('token_config_id', part)),
        );
      }
    },

    unscheduled: async (now, after, limit) => {
      const dates = await datesOf(zone);
      const rows: JoinedRow[] = await db.run('renewals.unscheduled', (knex, dialect) =>
        joinedRows(knex, dialect)
          .join({ r: RENEWAL }, 'r.token_config_id', 'c.id')
          .where('c.valid_id', 1)
          .where('c.id', '>', after)
          .where((query) => query.whereNull('r.due_at').orWhere('r.due_at', '>', now.getTime() + TOO_FAR))
          .where(isFree(knex, dialect, LONGEST_LEASE))
          .orderBy('c.id')
          .limit(limit),
      );
      return rows.map((row) => toRenewalRow(row, dates));
    },
  };
}
