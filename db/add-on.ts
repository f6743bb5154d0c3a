import type { Database } from './database.js';

/** Version of an add-on in the helpdesk's package manager; null if it is not installed. */
export async function addOnVersion(db: Database, name: string): Promise<string | null> {
  const row: { version: string } | undefined = await db.run('add-on.version', (knex) =>
    knex('package_repository').where({ name }).orderBy('id', 'desc').first('version'),
  );
  return row?.version ?? null;
}
