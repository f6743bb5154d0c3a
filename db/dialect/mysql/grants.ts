import type { Accounts, GrantStatement } from '../accounts.js';
import { grantedOf, type PrivilegeRow } from '../granted-rows.js';
import { lacking } from '../lacking.js';
import { shown } from './shown-account.js';

export const granted: Accounts['granted'] = async (knex, database, account) => {
  const [rows]: PrivilegeRow[][] = await knex.raw(
    `SELECT TABLE_NAME AS name, NULL AS \`column\`, PRIVILEGE_TYPE AS privilege
     FROM information_schema.TABLE_PRIVILEGES WHERE GRANTEE = :grantee AND TABLE_SCHEMA = :schema
     UNION ALL
     SELECT TABLE_NAME, COLUMN_NAME, PRIVILEGE_TYPE
     FROM information_schema.COLUMN_PRIVILEGES WHERE GRANTEE = :grantee AND TABLE_SCHEMA = :schema`,
    { grantee: shown(account), schema: database },
  );
  return grantedOf((rows ?? []).filter(({ privilege }) => privilege !== 'USAGE'));
};

export const grants: Accounts['grants'] = (database, account, is, shall) => {
  const on = (table: string) => `${quoted(database)}.${quoted(table)}`;
  const statement = (sql: string): GrantStatement => ({
    sql: `${sql} ?@?`,
    bindings: [account.user, account.host],
    byHand: `${sql} ${shown(account)}`,
  });
  return [
    ...lacking(shall, is, quoted).map(({ table, rights }) =>
      statement(`REVOKE ${rights} ON ${on(table)} FROM`),
    ),
    ...lacking(is, shall, quoted).map(({ table, rights }) => statement(`GRANT ${rights} ON ${on(table)} TO`)),
  ];
};

const quoted = (name: string): string => `\`${name.replaceAll('`', '``')}\``;
