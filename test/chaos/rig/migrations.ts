import { once } from 'node:events';
import { readFileSync } from 'node:fs';
import path from 'node:path';
import { tableFacts } from '../../db/table-facts.js';
import { ROOT } from '../../lab/instance.js';
import { startCli } from '../../lab/node-servers.js';
import { IS_POSTGRES } from '../../support/database.js';
import type { ChaosDatabase } from './database.js';
import { openSession } from './sessions.js';
import type { Sidecar } from './sidecars.js';

/** Statements that change tables or the rows of the lease that keeps others away: after the header of a packet. */
const CHANGE = /^.{5}\0?\s*(create|alter|drop|insert|update)\b/is;

const ownNames = async ({ rows }: Pick<ChaosDatabase, 'rows'>): Promise<string[]> =>
  (
    await rows(`SELECT table_name FROM information_schema.tables
      WHERE table_name LIKE 'oauth2!_sidecar!_%' ESCAPE '!' AND table_schema = ${IS_POSTGRES ? "'public'" : 'DATABASE()'}`)
  ).flat();

/** Everything that the server knows about the sidecar's own tables. */
export async function ownTables(of: ChaosDatabase) {
  const session = await openSession(of);
  try {
    const rows = async (sql: string, bindings: (string | number)[] = []): Promise<never[]> =>
      (await session.query(sql, bindings)) as never[];
    return await tableFacts({ rows }, of.server.database.database, await ownNames(of));
  } finally {
    await session.end();
  }
}

/** Returns to the tables of a released version, or to none at all. */
export async function resetOwnTables({ rows, query }: ChaosDatabase, version: string | null): Promise<void> {
  const names = await ownNames({ rows });
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
