import type { Instance } from './instance.js';
import { ensureMysql, mysqlOf, startMysql } from './mysql.js';
import { ensureNewerMariadb, newerMariadbOf, startNewerMariadb } from './newer-mariadb.js';
import { otherPostgresOf, startOtherPostgres } from './postgres.js';
import { Stop, step } from './progress.js';
import { stopServer } from './servers.js';

/**
 * A server beside that of the helpdesk, on which the database tests run once more: LAB_DATABASE. `postgres`: the
 * version whose programs LAB_POSTGRES names.
 */
export type OtherDatabase = 'mysql' | 'mariadb' | 'postgres';

interface Other {
  /** Its name among the lab's servers. */
  server: string;
  what: string;
  of(of: Instance): Instance;
  ensure(of: Instance): Promise<unknown>;
  start(of: Instance): Promise<void>;
}

const OTHERS: Record<OtherDatabase, Other> = {
  mysql: {
    server: 'mysql',
    what: 'MySQL',
    of: mysqlOf,
    ensure: ensureMysql,
    start: startMysql,
  },
  mariadb: {
    server: 'mariadb',
    what: 'a newer MariaDB',
    of: newerMariadbOf,
    ensure: ensureNewerMariadb,
    start: startNewerMariadb,
  },
  postgres: {
    server: 'postgres',
    what: 'another PostgreSQL',
    of: otherPostgresOf,
    ensure: async () => undefined,
    start: startOtherPostgres,
  },
};

/** The one that LAB_DATABASE names; undefined: the helpdesk's own. @throws Stop where there is no such */
export function otherDatabase(
  env: Record<string, string | undefined> = process.env,
): OtherDatabase | undefined {
  const name = env.LAB_DATABASE;
  if (!name) return undefined;
  if (!(name in OTHERS)) throw new Stop(`LAB_DATABASE is one of ${Object.keys(OTHERS).join(', ')}.`);
  return name as OtherDatabase;
}

/** The instance with that server in place of its own. */
export const withOther = (of: Instance, which: OtherDatabase | undefined): Instance =>
  which === undefined ? of : OTHERS[which].of(of);

/** Downloads it once. @throws Stop where the mirror of this machine has none */
export async function ensureOther(of: Instance, which: OtherDatabase): Promise<void> {
  const { what, ensure } = OTHERS[which];
  await step(`Have ${what} and the libraries that it needs (Debian packages)`, () => ensure(of)).catch(
    (error) => {
      const why = String(error).split('\n').slice(-3).join('\n');
      throw new Stop(
        `${why}\nThis machine's Debian mirror does not give ${what}. To leave its tests out: WITHOUT_OTHER_DATABASES=1 make test-all`,
      );
    },
  );
}

/** Starts it anew, without the data of an earlier run. */
export const startOther = (of: Instance, which: OtherDatabase): Promise<void> =>
  step(`Start ${OTHERS[which].what}`, async () => {
    await stopOther(of, which);
    await OTHERS[which].start(withOther(of, which));
  });

export const stopOther = (of: Instance, which: OtherDatabase): Promise<void> =>
  stopServer(withOther(of, which), OTHERS[which].server);
