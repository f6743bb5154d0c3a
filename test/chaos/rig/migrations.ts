import { once } from 'node:events';
import { readFileSync } from 'node:fs';
import path from 'node:path';
import { tableFacts } from '../../db/table-facts.js';
import { ROOT } from '../../lab/instance.js';
import { startCli } from '../../lab/node-servers.js';
import type { ChaosDatabase } from './database.js';
import { openSession } from './sessions.js';
import type { Sidecar } from './sidecars.js';

/** Statements that change tables or the rows of the lease that keeps others away: after the header of a packet. */
const CHANGE = /^.{5}\s*(create|alter|drop|insert|update)\b/is;

/** Everything that the server knows about the sidecar's own tables. */
export async function ownTables(of: ChaosDatabase) {
  const session = await openSession(of);
  try {
    const rows = async (sql: string, bindings: (string | number)[] = []): Promise<never[]> =>
      (await session.query(sql, bindings))[0] as never[];
    const names = (await of.rows("SHOW TABLES LIKE 'oauth2\\_sidecar\\_%'")).flat();
    return await tableFacts({ rows }, of.server.database.database, names);
  } finally {
    await session.end();
  }
}

/** Returns to the tables of a released version, or to none at all. */
export async function resetOwnTables({ rows, query }: ChaosDatabase, version: string | null): Promise<void> {
  const names = (await rows("SHOW TABLES LIKE 'oauth2\\_sidecar\\_%'")).flat();
  if (names.length > 0) await query(`DROP TABLE ${names.join(', ')}`);
  if (version !== null) await query(readFileSync(path.join(ROOT, `test/db/released/${version}.sql`), 'utf8'));
}

export interface Migration {
  /** How many changing statements it has sent. */
  statements: number;
  /** How the process ended: its code or its signal. */
  end: number | NodeJS.Signals | null;
}

/**
 * Runs `znuny-oauth2 migrate` as a separate process beside this sidecar's database.
 * @param killAt SIGKILL at this one of its changing statements
 * @param arrives whether that statement still reaches the server
 */
export async function runMigration(
  { home, proxy }: Sidecar,
  killAt = Number.POSITIVE_INFINITY,
  arrives = true,
): Promise<Migration> {
  let statements = 0;
  const program = startCli({ home }, 'migrate');
  proxy.watch(CHANGE, () => {
    if (++statements !== killAt) return true;
    program.kill('SIGKILL');
    return arrives;
  });
  const [code, signal] = (await once(program, 'exit')) as [number | null, NodeJS.Signals | null];
  proxy.watch(CHANGE);
  return { statements, end: signal ?? code };
}
