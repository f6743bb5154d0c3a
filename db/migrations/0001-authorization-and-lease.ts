import type { Knex } from 'knex';

/**
 * No foreign keys into the helpdesk's tables: they would stop the helpdesk from deleting its own rows. Times are
 * milliseconds since the epoch, so they need no time zone. Hashes compare byte by byte.
 */
export async function up(knex: Knex): Promise<void> {
  await knex.schema.createTable('oauth2_sidecar_authorization', (table) => {
    table.engine('InnoDB');
    table.charset('utf8mb4');
    table.specificType('state_hash', 'CHAR(64) CHARACTER SET ascii COLLATE ascii_bin NOT NULL').primary();
    table.specificType('session_hash', 'CHAR(64) CHARACTER SET ascii COLLATE ascii_bin NOT NULL');
    table.integer('user_id').notNullable();
    table.integer('token_config_id').notNullable();
    // RFC 7636 §4.1: 43 to 128 characters.
    table.specificType('verifier', 'VARCHAR(128) CHARACTER SET ascii COLLATE ascii_bin NULL');
    table.text('redirect_uri').notNullable();
    table.bigInteger('created_at').notNullable();
    table.bigInteger('expires_at').notNullable().index('oauth2_sidecar_authorization_expires_at');
  });
  await knex.schema.createTable('oauth2_sidecar_lease', (table) => {
    table.engine('InnoDB');
    table.charset('utf8mb4');
    table.integer('token_config_id').notNullable().primary();
    table.specificType('holder', 'VARCHAR(100) CHARACTER SET ascii COLLATE ascii_bin NOT NULL');
    table.bigInteger('expires_at').notNullable();
  });
}

export async function down(knex: Knex): Promise<void> {
  await knex.schema.dropTableIfExists('oauth2_sidecar_lease');
  await knex.schema.dropTableIfExists('oauth2_sidecar_authorization');
}
