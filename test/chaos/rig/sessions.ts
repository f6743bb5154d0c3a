import { createConnection } from 'mysql2/promise';
import type { ChaosDatabase } from './database.js';

/** Connections of somebody else, as the helpdesk's user, that last longer than one statement. */
export function openSession({ server }: ChaosDatabase) {
  const { host, port, user, password, database } = server.database;
  return createConnection({ host, port, user, password, database });
}

/** The rows of these tokens are locked until the returned function is called. */
export async function lockTokens(of: ChaosDatabase, ids: readonly number[]): Promise<() => Promise<void>> {
  const session = await openSession(of);
  await session.query('BEGIN');
  await session.query(`SELECT id FROM oauth2_token WHERE token_config_id IN (${ids.join(',')}) FOR UPDATE`);
  return async () => {
    await session.query('ROLLBACK');
    await session.end();
  };
}
