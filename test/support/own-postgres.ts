import { mkdirSync, rmSync, writeFileSync } from 'node:fs';
import path from 'node:path';
import type { Instance } from '../lab/instance.js';
import { giveToLabUser } from '../lab/lab-user.js';
import { freePort } from '../lab/ports.js';
import { sql, startPostgres } from '../lab/postgres.js';
import { stopServer } from '../lab/servers.js';
import { lab } from './instance.js';

export interface OwnPostgres {
  of: Instance;
  port: number;
  dir: string;
  sql(statements: string, database?: string): Promise<string>;
  remove(): Promise<void>;
}

/**
 * A PostgreSQL for one test file.
 * @param hba lines of pg_hba.conf; the superuser's own comes before them
 * @param settings of the server; called once its folder exists
 */
export async function ownPostgres(
  name: string,
  hba: string[],
  settings: (dir: string) => Record<string, string> = () => ({}),
): Promise<OwnPostgres> {
  const dir = path.join(lab.dir, `${name}-${process.pid}`);
  rmSync(dir, { recursive: true, force: true });
  mkdirSync(dir, { recursive: true });
  giveToLabUser(dir);
  const port = await freePort();
  const of = { ...lab, dir, ports: { ...lab.ports, mariadb: port }, database: { ...lab.database, port } };
  const file = path.join(dir, 'pg_hba.conf');
  writeFileSync(file, `${['local all postgres trust', ...hba].join('\n')}\n`);
  const more = Object.entries({ hba_file: file, ...settings(dir) });
  await startPostgres(
    of,
    more.map(([name, value]) => `--${name}=${value}`),
  );
  return {
    of,
    port,
    dir,
    sql: (statements, database) => sql(of, statements, database),
    async remove() {
      await stopServer(of, 'postgres');
      rmSync(dir, { recursive: true, force: true });
    },
  };
}
