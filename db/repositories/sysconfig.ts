import { COMMON } from '../../plugin/domain/product/records.js';
import type { Database } from '../database.js';

/** Table `sysconfig_deployment`: the helpdesk's deployed settings. */
export interface Deployments {
  /**
   * Number of the newest finished deployment; null if nothing was ever deployed. Cheap, because it is queried
   * every second.
   */
  newest(): Promise<number | null>;
  /** The Perl text of a deployment; null if it has been deleted since. */
  text(id: number): Promise<string | null>;
}

export function createDeployments({ db }: { db: Database }): Deployments {
  return {
    newest: () =>
      db.run('sysconfig.newest', async (knex) => {
        const row = await knex('sysconfig_deployment')
          .whereNull('user_id')
          // The helpdesk writes a row in two steps and marks it like this in between.
          .where((done) =>
            done
              .whereNull('comments')
              .orWhere('comments', 'not like', `${COMMON.settings.failedDeployment}%`),
          )
          .orderBy('id', 'desc')
          .first('id');
        return row ? Number(row.id) : null;
      }),

    text: (id) =>
      db.run('sysconfig.text', async (knex) => {
        const row: { effective_value: Buffer | string } | undefined = await knex('sysconfig_deployment')
          .where({ id })
          .first('effective_value');
        return row ? row.effective_value.toString() : null;
      }),
  };
}
