import type { Permissions } from '../../plugin/domain/helpdesk/permissions.js';
import type { Database } from '../database.js';
import type { GroupTable } from '../schema.js';

export interface PermissionsDeps {
  db: Database;
  /** From checkSchema(). */
  groupTable: GroupTable;
}

interface Row {
  login: string;
  /** 1: the user is valid. */
  valid: number;
  /** null: the row of the user itself. */
  name: string | null;
  permission: string | null;
}

/** The name is unique in the helpdesk's table. */
const VALID = "(SELECT id FROM valid WHERE name = 'valid')";

/**
 * Tables users, valid, group_user, role_user, group_role. One query, because every agent's page requests the
 * bar; nothing is cached. Few joins, because some servers plan for longer than they read. Very old rows of group_role
 * contain 0 for a right that is not granted.
 */
const SQL = `
  SELECT u.login, CASE WHEN u.valid_id = ${VALID} THEN 1 ELSE 0 END AS valid, NULL AS name, NULL AS permission
  FROM users u WHERE u.id = :userId
  UNION ALL
  SELECT '', 0, g.name, p.permission_key
  FROM (SELECT group_id, permission_key FROM group_user WHERE user_id = :userId
    UNION ALL
    SELECT gr.group_id, gr.permission_key FROM role_user ru JOIN roles r ON r.id = ru.role_id
    JOIN group_role gr ON gr.role_id = r.id AND gr.permission_value = 1
    WHERE ru.user_id = :userId AND r.valid_id = ${VALID}) p
  JOIN :groupTable: g ON g.id = p.group_id
  WHERE g.valid_id = ${VALID}`;

export function createPermissions({ db, groupTable }: PermissionsDeps): Permissions {
  return {
    async byLogin(login) {
      const row = await db.run('permissions.by-login', (knex, { expressions }) =>
        knex
          .from({ u: 'users' })
          .leftJoin({ v: 'valid' }, 'v.id', 'u.valid_id')
          // As the helpdesk does on every server; exactly this one, where several differ only in case.
          .whereRaw(`LOWER(${expressions.anyText('u.login')}) = LOWER(?)`, [login])
          .orderByRaw(`CASE WHEN ${expressions.anyText('u.login')} = ? THEN 0 ELSE 1 END`, [login])
          .first('u.id', 'v.name'),
      );
      return row ? { id: row.id, valid: row.name === 'valid' } : null;
    },

    async user(userId) {
      const rows = await db.run('permissions.user', (knex, { statements }) =>
        statements.rows<Row>(knex, SQL, { userId, groupTable }),
      );
      const user = rows.find(({ name }) => name === null);
      if (!user) return null;
      const valid = Number(user.valid) === 1;
      const rights = rows.flatMap(({ name, permission }) =>
        name === null || permission === null ? [] : [{ name, permission }],
      );
      return { login: user.login, valid, rights: valid ? rights : [] };
    },
  };
}
