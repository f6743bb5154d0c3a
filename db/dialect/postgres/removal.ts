import type { Knex } from 'knex';
import type { Account, Accounts } from '../accounts.js';
import { quoted } from './quoted.js';

export async function exists(knex: Knex, { user }: Account): Promise<boolean> {
  const { rows } = await knex.raw('SELECT 1 FROM pg_catalog.pg_roles WHERE rolname = ?', [user]);
  return rows.length > 0;
}

/** What refers to a role: its rights, in every database of the server. */
const USES = `FROM pg_catalog.pg_shdepend d JOIN pg_catalog.pg_roles r ON r.oid = d.refobjid
  AND d.refclassid = 'pg_catalog.pg_authid'::pg_catalog.regclass AND r.rolname = :user`;
const DATABASE = `CASE WHEN d.classid = 'pg_catalog.pg_database'::pg_catalog.regclass THEN d.objid ELSE d.dbid END`;

/** The databases in which the role has rights. @returns their names; null: an object of the whole server */
async function databasesOf(knex: Knex, user: string): Promise<(string | null)[]> {
  const { rows } = await knex.raw(
    `SELECT DISTINCT b.datname AS name ${USES} LEFT JOIN pg_catalog.pg_database b ON b.oid = ${DATABASE}`,
    { user },
  );
  return rows.map(({ name }: { name: string | null }) => name);
}

/** The schemas of this database in which the role has rights. */
async function schemasOf(knex: Knex, user: string): Promise<string[]> {
  const { rows } = await knex.raw(
    `SELECT DISTINCT n.nspname AS name ${USES}
     JOIN pg_catalog.pg_database b ON b.oid = d.dbid AND b.datname = pg_catalog.current_database()
     LEFT JOIN pg_catalog.pg_class c ON c.oid = d.objid AND d.classid = 'pg_catalog.pg_class'::pg_catalog.regclass
     JOIN pg_catalog.pg_namespace n ON n.oid =
       CASE WHEN d.classid = 'pg_catalog.pg_namespace'::pg_catalog.regclass THEN d.objid ELSE c.relnamespace END`,
    { user },
  );
  return rows.map(({ name }: { name: string }) => name);
}

/** Several helpdesks of one server may share a role, because the server signs in the system user of its name. */
export const removal: Accounts['removal'] = async (knex, account) => {
  const { user } = account;
  if (!(await exists(knex, account))) return { statements: [], staysElsewhere: false };
  const { rows } = await knex.raw('SELECT pg_catalog.current_database() AS database');
  const [{ database }] = rows;
  const used = await databasesOf(knex, user);
  const role = quoted(user);
  // The role owns nothing. The first statement revokes its rights, without which the server would keep it.
  if (used.every((name) => name === database))
    return { statements: [`DROP OWNED BY ${role}`, `DROP ROLE ${role}`], staysElsewhere: false };
  // That statement would also revoke the right to connect to the other databases.
  const schemas = await schemasOf(knex, user);
  return {
    statements: [
      ...schemas.flatMap((schema) =>
        [`ALL TABLES IN SCHEMA`, `ALL SEQUENCES IN SCHEMA`, `SCHEMA`].map(
          (what) => `REVOKE ALL ON ${what} ${quoted(schema)} FROM ${role}`,
        ),
      ),
      ...(used.includes(database) ? [`REVOKE ALL ON DATABASE ${quoted(database)} FROM ${role}`] : []),
    ],
    staysElsewhere: true,
  };
};
