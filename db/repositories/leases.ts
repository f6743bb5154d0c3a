import type { LeaseStore } from '../../plugin/domain/ports.js';
import type { Database } from '../database.js';
import { isDuplicate, mysqlCode } from '../mysql-errors.js';

const TABLE = 'oauth2_sidecar_lease';

/**
 * Table `oauth2_sidecar_lease`, one row for each configuration that is being renewed. Who has a lease cannot get it a
 * second time, so one holder name can serve a whole process.
 */
export function createLeaseStore({ db }: { db: Database }): LeaseStore {
  return {
    acquire: (configId, holder, now, ttlMs) =>
      db.run('leases.acquire', async (knex) => {
        const expires_at = now.getTime() + ttlMs;
        const taken = await knex(TABLE)
          .where({ token_config_id: configId })
          .where('expires_at', '<=', now.getTime())
          .update({ holder, expires_at })
          .catch(lost);
        if (taken > 0) return true;
        return knex(TABLE)
          .insert({ token_config_id: configId, holder, expires_at })
          .then(() => true)
          .catch((error) => (isDuplicate(error) ? false : lost(error) > 0));
      }),

    release: (configId, holder) =>
      db.run('leases.release', async (knex) => {
        await knex(TABLE).where({ token_config_id: configId, holder }).delete();
      }),
  };
}

/** Two at the very same moment can stand in each other's way; the server picks one, and this is the other. */
function lost(error: unknown): 0 {
  if (mysqlCode(error) === 'ER_LOCK_DEADLOCK') return 0;
  throw error;
}
