import type { Knex } from 'knex';
import type { RenewalStore } from '../../plugin/domain/token/renewal-store.js';
import { SidecarError } from '../../plugin/errors.js';
import type { Database } from '../database.js';
import { datesOf, type Zone } from '../dates.js';
import { despiteLocks } from '../despite-locks.js';
import type { Dialect } from '../dialect/dialect.js';
import type { WatchedTable } from '../dialect/statements.js';
import { writeAttempt } from './attempts.js';
import { createDueList } from './due-list.js';
import { forgetIdentities } from './identities.js';
import { createLeases } from './leases.js';
import { MAILBOX } from './mailbox-row.js';
import { noteOtherMailboxes } from './other-mailboxes.js';
import { createProviderRecovery } from './provider-recovery.js';
import { readFigures } from './renewal-figures.js';
import { beginAnew, findChanges, holdOff, setBack } from './renewal-marks.js';
import { RENEWAL } from './renewal-table.js';

/** How many changes one pass takes in; the next pass takes the rest. */
const CHANGES = 2000;

/** The helpdesk's tables on whose rows the states depend, and their column that refers to a configuration. */
const watched = ({ columns }: Dialect): WatchedTable[] => [
  { name: 'oauth2_token_config', key: 'id' },
  { name: 'oauth2_token', key: columns.tokenConfig },
  // All of its rows are looked through after each write.
  { name: 'mail_account', key: null },
];

/** Locks the token's row until the transaction ends. */
async function hasTokens(knex: Knex, { columns }: Dialect, configId: number): Promise<boolean> {
  const row: { token: string | null; refresh_token: string | null } | undefined = await knex('oauth2_token')
    .select('token', 'refresh_token')
    .where(columns.tokenConfig, configId)
    .forUpdate()
    .first();
  return Boolean(row?.token || row?.refresh_token);
}

/** Table `oauth2_sidecar_renewal`: the due list, the leases, and the renewal state of each configuration. */
export function createRenewalStore({ db, zone }: { db: Database; zone: Zone }): RenewalStore {
  return {
    ...createDueList({ db, zone }),
    ...createLeases(db),
    ...createProviderRecovery(db),

    note: (configId, attempt, { withoutTokens = false } = {}) =>
      db.transaction('renewals.note', ({ run }) =>
        run('renewals.note', async (knex, dialect) => {
          if (withoutTokens && (await hasTokens(knex, dialect, configId))) return;
          await writeAttempt(knex, dialect, configId, attempt);
        }),
      ),

    async holdOff(configIds, now, until) {
      const { write } = await datesOf(zone);
      const end = { text: write(until), until };
      await despiteLocks(db.dialect, configIds, (part) =>
        db.transaction('renewals.hold-off', ({ run }) =>
          run('renewals.hold-off', (knex, dialect) =>
            holdOff(knex, dialect, part, { now: write(now), ...end }),
          ),
        ),
      );
    },

    async setBack(now, by) {
      const ids: number[] = await db.run('renewals.set-back', (knex) =>
        knex(RENEWAL).where('received_at', '>', now.getTime()).pluck('token_config_id'),
      );
      // Token and time of receipt change in one transaction, so that a corrected row is not found again.
      const locked = await despiteLocks(db.dialect, ids, (part) =>
        db.transaction('renewals.set-back', ({ run }) =>
          run('renewals.set-back', (knex, dialect) => setBack(knex, dialect, part, by)),
        ),
      );
      if (locked.length > 0)
        throw new SidecarError('database-busy', { log: `renewals.set-back: locked rows: ${locked.length}` });
      return ids.length;
    },

    figures: (now) => db.run('renewals.figures', (knex, dialect) => readFigures(knex, dialect, now)),

    reconcile: (now, written) =>
      db.run('renewals.reconcile', async (knex, dialect) => {
        const { changed, gone } = await findChanges(knex, dialect, CHANGES, written);
        await despiteLocks(dialect, changed, (part) => beginAnew(knex, dialect, part, now));
        // Outbound mail may be among what has lost its token, because only the settings name its configuration.
        const locked = await despiteLocks(dialect, gone.length > 0 ? [0] : [], (part) =>
          knex(MAILBOX).whereIn('account_id', part).update({ changes_at: now.getTime() }),
        );
        await despiteLocks(dialect, locked.length > 0 ? [] : gone, async (part) => {
          await knex(RENEWAL).whereIn('token_config_id', part).delete();
          await forgetIdentities(knex, part);
          // Relay passwords stay: nobody can make them again, and while a dump is loaded, rows are missing for a moment.
        });
        return changed.length + gone.length + (await noteOtherMailboxes(knex, dialect, now));
      }),

    lastWrite: () =>
      db.run('renewals.last-write', (knex, dialect) =>
        dialect.statements.lastWrite(knex, db.name, watched(dialect)),
      ),
  };
}
