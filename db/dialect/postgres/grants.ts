import type { Accounts, GrantStatement } from '../accounts.js';
import { grantedOf, type PrivilegeRow } from '../granted-rows.js';
import { lacking } from '../lacking.js';
import { quoted } from './quoted.js';

/** Tables and sequences; the latter have the right USAGE only. */
export const granted: Accounts['granted'] = async (knex, schema, { user }) => {
  const { rows } = await knex.raw(
    `WITH here AS (
       SELECT c.oid, c.relname, c.relacl FROM pg_catalog.pg_class c
       JOIN pg_catalog.pg_namespace n ON n.oid = c.relnamespace
       WHERE n.nspname = :schema AND c.relkind IN ('r', 'p', 'v', 'm', 'S')),
     role AS (SELECT oid FROM pg_catalog.pg_roles WHERE rolname = :user)
     SELECT relname AS name, NULL AS "column", privilege_type AS privilege
     FROM here, pg_catalog.aclexplode(relacl) WHERE grantee IN (SELECT oid FROM role)
     UNION ALL
     SELECT relname, attname, privilege_type
     FROM here JOIN pg_catalog.pg_attribute ON attrelid = here.oid AND NOT attisdropped,
       pg_catalog.aclexplode(attacl) WHERE grantee IN (SELECT oid FROM role)`,
    { schema, user },
  );
  return grantedOf(rows as PrivilegeRow[]);
};

/** Which transaction wrote a row, and its place (last-write.ts): closed where only single columns are open. */
const SYSTEM_COLUMNS = ['ctid', 'xmin'];

/** Adds system columns where single columns are open, and the sequences from which an INSERT takes its IDs. */
export const completed: Accounts['completed'] = async (knex, schema, wanted) => {
  const { rows } = await knex.raw(
    `SELECT t.relname AS name, s.relname AS sequence
     FROM pg_catalog.pg_depend d
     JOIN pg_catalog.pg_class s ON s.oid = d.objid AND s.relkind = 'S'
     JOIN pg_catalog.pg_class t ON t.oid = d.refobjid AND t.relnamespace = s.relnamespace
     JOIN pg_catalog.pg_namespace n ON n.oid = t.relnamespace
     WHERE d.deptype = 'a' AND n.nspname = ?`,
    [schema],
  );
  const all = new Map(
    [...wanted].map(([table, rights]) => [
      table,
      new Map(
        [...rights].map(([right, columns]) => [
          right,
          columns && right === 'SELECT' ? new Set([...columns, ...SYSTEM_COLUMNS]) : columns,
        ]),
      ),
    ]),
  );
  for (const { name, sequence } of rows as { name: string; sequence: string }[])
    if (wanted.get(name)?.has('INSERT')) all.set(sequence, new Map([['USAGE', null]]));
  return all;
};

export const grants: Accounts['grants'] = (schema, { user }, is, shall) => {
  const statement = (sql: string): GrantStatement => ({ sql, bindings: [], byHand: sql });
  const on = (rights: string, name: string) =>
    `${rights} ON ${rights === 'USAGE' ? 'SEQUENCE ' : ''}${quoted(schema)}.${quoted(name)}`;
  return [
    ...lacking(shall, is, quoted).map(({ table, rights }) =>
      statement(`REVOKE ${on(rights, table)} FROM ${quoted(user)}`),
    ),
    ...lacking(is, shall, quoted).map(({ table, rights }) =>
      statement(`GRANT ${on(rights, table)} TO ${quoted(user)}`),
    ),
  ];
};
