import type { Knex } from 'knex';
import { TOO_FAR } from '../../plugin/domain/token/due-time.js';
import { FINAL_REASONS } from '../../plugin/domain/token/renewal.js';
import type { RenewalStore } from '../../plugin/domain/token/renewal-store.js';
import { SidecarError } from '../../plugin/errors.js';
import { together } from '../../plugin/lib/together.js';
import type { Database } from '../database.js';
import { datesOf, type Zone } from '../dates.js';
import { despiteLocks } from '../despite-locks.js';
import { lastWrite } from '../last-write.js';
import { NO_END } from '../migrations/0004-stored-state.js';
import { isBusy } from '../mysql-errors.js';
import { writeAttempt } from './attempts.js';
import { forgetIdentities } from './identities.js';
import { acquireAll, extendAll, isFree, LONGEST_LEASE, takeOver, type WantedLease } from './leases.js';
import { noteOtherMailboxes } from './other-mailboxes.js';
import { noteTimes } from './own-times.js';
import { ownValues, type Value } from './own-values.js';
import { probeProvider, providerIsBack } from './provider-recovery.js';
import { beginAnew, findChanges, holdOff, setBack } from './renewal-marks.js';
import { type JoinedRow, joinedRows, markColumns, RENEWAL, time, toRenewalRow } from './renewal-row.js';

/** Changes that one look takes in; the next look takes the rest. */
const CHANGES = 2000;

async function schedule(
  knex: Knex,
  entries: Parameters<RenewalStore['schedule']>[0],
  dueBy: Date | undefined,
): Promise<void> {
  const own = ownValues(
    'token_config_id',
    entries.map(({ configId, at, reason, mark }) => ({
      id: configId,
      values: { due_at: at?.getTime() ?? null, reason, ...markColumns(mark) },
    })),
  );
  const ids = entries.map(({ configId }) => configId);
  await knex.raw(
    `UPDATE ${RENEWAL} SET ${own.sql}
     WHERE token_config_id IN (?)${dueBy ? ' AND due_at <= ?' : ''}`,
    // The array is the list of IN; the types know single values only.
    [...own.bindings, ids, ...(dueBy ? [dueBy.getTime()] : [])] as Value[],
  );
}

/** Table `oauth2_sidecar_renewal`: the due list, the leases, and what is remembered of each configuration's renewals. */
export function createRenewalStore({ db, zone }: { db: Database; zone: Zone }): RenewalStore {
  const read = together(async (ids: number[]) => {
    const dates = await datesOf(zone);
    const rows: JoinedRow[] = await db.run('renewals.one', (knex) =>
      joinedRows(knex)
        .leftJoin({ r: RENEWAL }, 'r.token_config_id', 'c.id')
        .whereIn('c.id', [...new Set(ids)]),
    );
    const found = new Map(rows.map((row) => [row.id, row]));
    return ids.map((id) => {
      const row = found.get(id);
      return row ? toRenewalRow(row, dates) : null;
    });
  });
  const lease = together((wanted: WantedLease[]) =>
    db.run('renewals.acquire', (knex) => acquireAll(knex, wanted)),
  );
  const extend = together((wanted: WantedLease[]) =>
    db.run('renewals.extend', (knex) => extendAll(knex, wanted)),
  );

  return {
    async due(now, limit) {
      const dates = await datesOf(zone);
      const rows: JoinedRow[] = await db.run('renewals.due', (knex) =>
        joinedRows(knex)
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
      // One whose row is locked stays due.
      await despiteLocks(entries, (part) =>
        db.run('renewals.schedule', (knex) => schedule(knex, part, dueBy)),
      );
    },

    async noteTimes(rows) {
      await despiteLocks(rows, (part) => db.run('renewals.note-times', (knex) => noteTimes(knex, part)));
    },

    async lookAgain(now) {
      const dueNow = (which: (query: Knex.QueryBuilder) => void) =>
        db.run('renewals.look-again', async (knex) => {
          await knex(RENEWAL).modify(which).update({ due_at: now.getTime() });
        });
      try {
        await dueNow(() => undefined);
      } catch (error) {
        if (!isBusy(error)) throw error;
        const ids: number[] = await db.run('renewals.look-again', (knex) =>
          knex(RENEWAL).pluck('token_config_id'),
        );
        await despiteLocks(ids, (part) => dueNow((query) => query.whereIn('token_config_id', part)));
      }
    },

    unscheduled: async (now, after, limit) => {
      const dates = await datesOf(zone);
      const rows: JoinedRow[] = await db.run('renewals.unscheduled', (knex) =>
        joinedRows(knex)
          .join({ r: RENEWAL }, 'r.token_config_id', 'c.id')
          .where('c.valid_id', 1)
          .where('c.id', '>', after)
          .where((query) => query.whereNull('r.due_at').orWhere('r.due_at', '>', now.getTime() + TOO_FAR))
          .where(isFree(knex, LONGEST_LEASE))
          .orderBy('c.id')
          .limit(limit),
      );
      return rows.map((row) => toRenewalRow(row, dates));
    },

    acquire: (configId, holder, ttlMs) => lease({ configId, holder, ttlMs }),

    takeOver: (configId, from, holder, ttlMs) =>
      db.run('renewals.take-over', (knex) => takeOver(knex, from, { configId, holder, ttlMs })),

    extend: (configId, holder, ttlMs) => extend({ configId, holder, ttlMs }),

    release: (configId, holder, unsettled = false) =>
      db.run('renewals.release', async (knex) => {
        await knex(RENEWAL)
          .where({ token_config_id: configId, lease_holder: holder })
          .update({ lease_holder: unsettled ? holder : null, lease_until: 0 });
      }),

    providerIsBack: (provider, now, pace, except) => providerIsBack(db, provider, now, pace, except),
    probeProvider: (provider, now) => probeProvider(db, provider, now),

    note: (configId, attempt) =>
      db.transaction('renewals.note', ({ run }) =>
        run('renewals.note', (knex) => writeAttempt(knex, configId, attempt)),
      ),

    async holdOff(configIds, now, until) {
      const { write } = await datesOf(zone);
      const end = { text: write(until), until };
      await despiteLocks(configIds, (part) =>
        db.transaction('renewals.hold-off', ({ run }) =>
          run('renewals.hold-off', (knex) => holdOff(knex, part, write(now), end)),
        ),
      );
    },

    async setBack(now, by) {
      const ids: number[] = await db.run('renewals.set-back', (knex) =>
        knex(RENEWAL).where('received_at', '>', now.getTime()).pluck('token_config_id'),
      );
      // Token and receipt in one transaction: what has been set back is not found again.
      const locked = await despiteLocks(ids, (part) =>
        db.transaction('renewals.set-back', ({ run }) =>
          run('renewals.set-back', (knex) => setBack(knex, part, by)),
        ),
      );
      if (locked.length > 0)
        throw new SidecarError('database-busy', { log: `renewals.set-back: locked rows: ${locked.length}` });
      return ids.length;
    },

    async figures(now) {
      return db.run('renewals.figures', async (knex) => {
        const states: { state: string | null; number: number }[] = await knex(RENEWAL)
          .select('state', knex.raw('COUNT(*) AS number'))
          .groupBy('state');
        const nearest = await knex
          .from({ t: 'oauth2_token' })
          .join({ c: 'oauth2_token_config' }, 'c.id', 't.token_config_id')
          .join({ r: RENEWAL }, 'r.token_config_id', 'c.id')
          .where('c.valid_id', knex('valid').select('id').where({ name: 'valid' }).limit(1))
          .where('t.refresh_token', '<>', '')
          .where('r.token_ends_at', '<', NO_END)
          .min({ end: 'r.token_ends_at' })
          .first();
        const grant = await knex
          .from({ r: RENEWAL })
          .join({ c: 'oauth2_token_config' }, 'c.id', 'r.token_config_id')
          .where('c.valid_id', knex('valid').select('id').where({ name: 'valid' }).limit(1))
          .min({ end: 'r.refresh_token_dies_at' })
          .first();
        const forgotten = await knex
          .from({ r: RENEWAL })
          .join({ c: 'oauth2_token_config' }, 'c.id', 'r.token_config_id')
          .where('c.valid_id', 1)
          .whereNull('r.due_at')
          .where(isFree(knex, LONGEST_LEASE))
          .where((query) => query.whereNull('r.reason').orWhereNotIn('r.reason', FINAL_REASONS))
          .count({ number: '*' })
          .first();
        const oldest = await knex(RENEWAL).where('due_at', '<=', now.getTime()).min({ at: 'due_at' }).first();
        return {
          byState: Object.fromEntries(states.map((row) => [row.state ?? 'unknown', Number(row.number)])),
          nearestEnd: time(nearest?.end ?? null),
          nearestGrantEnd: time(grant?.end ?? null),
          dueSince: time(oldest?.at ?? null),
          forgotten: Number(forgotten?.number ?? 0),
        };
      });
    },

    reconcile: (now) =>
      db.run('renewals.reconcile', async (knex) => {
        const { changed, gone } = await findChanges(knex, CHANGES);
        await despiteLocks(changed, (part) => beginAnew(knex, part, now));
        await despiteLocks(gone, async (part) => {
          await knex(RENEWAL).whereIn('token_config_id', part).delete();
          await forgetIdentities(knex, part);
        });
        return changed.length + gone.length + (await noteOtherMailboxes(knex, now));
      }),

    lastWrite: () => db.run('renewals.last-write', (knex) => lastWrite(knex, db.name)),
  };
}
