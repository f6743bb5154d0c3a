import { createConnection } from 'mysql2/promise';
import pg from 'pg';
import { IS_POSTGRES } from '../../support/database.js';
import type { ChaosDatabase } from './database.js';

/** A connection of somebody else, as the helpdesk's user, that lasts longer than one statement. */
export interface Session {
  /** @returns the rows */
  query(statement: string, values?: (string | number)[]): Promise<unknown[]>;
  end(): Promise<void>;
}

export async function openSession({ server }: ChaosDatabase): Promise<Session> {
  const { host, port, user, password, database } = server.database;
  const address = { host, port, user, password, database };
  if (IS_POSTGRES) {
    const client = new pg.Client(address);
    // The server may end it.
    client.on('error', () => undefined);
    await client.connect();
    return {
      async query(statement, values = []) {
        let number = 0;
        const { rows } = await client.query(
          statement.replace(/\?/g, () => `$${++number}`),
          values,
        );
        return rows;
      },
      end: () => client.end(),
    };
  }
  const connection = await createConnection(address);
  return {
    query: async (statement, values = []) => (await connection.query(statement, values))[0] as unknown[],
    end: () => connection.end(),
  };
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
