import { COMMON } from '../../plugin/domain/product/records.js';
import type { Database } from '../database.js';

/** Table `sysconfig_deployment`: what the helpdesk has deployed for everybody. */
export interface Deployments {
  /** Number of the newest finished deployment; null where nothing was ever deployed. Cheap: asked every second. */
  newest(): Promise<number | null>;
  /** The Perl text of a deployment; null where it has been cleaned up meanwhile. */
  text(id: number): Promise<string | null>;
}

export function createDeployments({ db }: { db: Database }): Deployments {
  return {
    newest: () =>
      db.run('sysconfig.newest', async (knex) => {
        const row = await knex('sysconfig_deployment')
          .whereNull('user_id')
          // The helpdesk writes a row in two steps and marks it so in between.
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
