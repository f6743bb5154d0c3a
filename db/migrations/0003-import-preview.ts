import type { Knex } from 'knex';
import type { Tables } from '../dialect/tables.js';

/**
 * Files between their preview and their import. The content is encrypted with a key that only the page has.
 */
export async function up(knex: Knex, { createOnce, types }: Tables): Promise<void> {
  await createOnce(knex, 'oauth2_sidecar_import', (table) => {
    table.specificType('ticket_hash', types.fixedWord(64)).notNullable().primary();
    table
      .specificType('session_hash', types.fixedWord(64))
      .notNullable()
      .index('oauth2_sidecar_import_session_hash');
    table.specificType('content', types.largeBinary).notNullable();
    table.bigInteger('expires_at').notNullable().index('oauth2_sidecar_import_expires_at');
  });
}
