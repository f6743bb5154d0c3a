import type { Knex } from 'knex';
import type { Tables } from '../dialect/tables.js';

/**
 * When a sidecar last had the channel switched on, in milliseconds since the epoch. Sidecars on several machines
 * may have different channels, because part of their settings is in the configuration file.
 */
export async function up(knex: Knex, { alterOnce }: Tables): Promise<void> {
  await alterOnce(knex, 'oauth2_sidecar_alert_channel', 'seen_at', (table) => {
    table.bigInteger('seen_at').nullable();
  });
}
