import type { RenewalRows } from '../../plugin/domain/token/renewal-store.js';
import type { Database } from '../database.js';
import { datesOf, type Zone } from '../dates.js';
import { type JoinedRow, joinedRows, toRenewalRow } from './renewal-row.js';
import { RENEWAL } from './renewal-table.js';

/** @param deps the helpdesk's database, and the time zone of its rows */
export const createRenewalRows = ({ db, zone }: { db: Database; zone: Zone }): RenewalRows => ({
  of: (configIds) =>
    db.run('renewal-rows.of', async (knex, dialect) => {
      if (configIds.length === 0) return [];
      const dates = await datesOf(zone);
      const rows: JoinedRow[] = await joinedRows(knex, dialect)
        .leftJoin({ r: RENEWAL }, 'r.token_config_id', 'c.id')
        .whereIn('c.id', configIds);
      return rows.map((row) => toRenewalRow(row, dates));
    }),
});
