import type { Knex } from 'knex';
import { createOnce } from '../create-once.js';

/** Files between their preview and their import. The content is encrypted with a key that only the page has. */
export async function up(knex: Knex): Promise<void> {
  await createOnce(knex, 'oauth2_sidecar_import', (table) => {
    const hash = 'CHAR(64) CHARACTER SET ascii COLLATE ascii_bin NOT NULL';
    table.specificType('ticket_hash', hash).primary();
    table.specificType('session_hash', hash).index('oauth2_sidecar_import_session_hash');
    table.specificType('content', 'MEDIUMBLOB NOT NULL');
    table.bigInteger('expires_at').notNullable().index('oauth2_sidecar_import_expires_at');
  });
}
