import { type LastTests, writeLastTest } from '../../plugin/domain/mailbox/last-test.js';
import type { Database } from '../database.js';
import { RENEWAL } from './renewal-table.js';

/** Column `last_test` of `oauth2_sidecar_renewal`. */
export const createLastTests = ({ db }: { db: Database }): LastTests => ({
  note: (configId, test) =>
    db.run('last-tests.note', async (knex) => {
      await knex(RENEWAL)
        .where('token_config_id', configId)
        .update({ last_test: writeLastTest(test) });
    }),
});
