import { openDatabase } from '../../db/database.js';
import { namespaceOf, setAccount, setGrants, tableColumns } from '../../db/database-user.js';
import { wantedGrants } from '../../db/grants.js';
import { migrate } from '../../db/migrate.js';
import { createTokenTables } from '../../db/token-tables.js';
import { superuser } from './database-server.js';
import type { Instance } from './instance.js';
import { ALLOW_LOOPBACK } from './loopback.js';

/** The database user with the fewest rights, used by the lab's sidecars, their command line and the store tests. */
export const SIDECAR_USER = { user: 'oauth2_sidecar', password: 'sidecar-of-the-lab' };

/**
 * The sidecar's tables in a database of the instance, and the rights on them, as `znuny-oauth2 install` grants them. A
 * helpdesk without token tables gets those as well.
 */
export async function prepareSidecarUser(of: Instance, database = of.database.database): Promise<void> {
  const helpdesks = openDatabase({ ...of.database, socket: null, database }, { max: 2 });
  try {
    if (of.release === '6.0') await createTokenTables(helpdesks, { builtIn: false });
    await migrate(helpdesks);
  } finally {
    await helpdesks.close();
  }
  await grantSidecarUser(of, database);
}

/** The user and its rights on the tables that exist now; nothing else is changed. */
export async function grantSidecarUser(of: Instance, database = of.database.database): Promise<void> {
  const admin = openDatabase({ ...of.database, ...superuser(of), database }, { max: 1 });
  const account = {
    user: SIDECAR_USER.user,
    host: of.database.family === 'postgres' ? '' : of.database.host,
  };
  try {
    const namespace = await namespaceOf(admin);
    await setAccount(admin, namespace, account, SIDECAR_USER.password);
    await setGrants(admin, namespace, account, wantedGrants(await tableColumns(admin)));
  } finally {
    await admin.close();
  }
}

/** The environment of a sidecar in the lab. */
export const sidecarUserEnv = {
  ...ALLOW_LOOPBACK,
  SIDECAR_DATABASE_USER: SIDECAR_USER.user,
  SIDECAR_DATABASE_PASSWORD: SIDECAR_USER.password,
};
