import type { Knex } from 'knex';
import type { Permissions } from '../../plugin/domain/ports.js';
import type { Database } from '../database.js';

export interface PermissionsDeps {
  db: Database;
  /** From checkSchema(). */
  groupTable: 'permission_groups' | 'groups';
}

/** Tables users, valid, group_user, role_user, group_role, user_preferences. Nothing is cached. */
export function createPermissions({ db, groupTable }: PermissionsDeps): Permissions {
  const user = (userId: number): Promise<{ login: string; valid: boolean } | null> =>
    db.run('permissions.user', async (knex) => {
      const row = await knex
        .from({ u: 'users' })
        .leftJoin({ v: 'valid' }, 'v.id', 'u.valid_id')
        .where('u.id', userId)
        .first({ login: 'u.login', validity: 'v.name' });
      return row ? { login: row.login, valid: row.validity === 'valid' } : null;
    });

  return {
    user,

    groups: (userId) =>
      db.run('permissions.groups', async (knex) => {
        const valid = (): Knex.QueryBuilder => knex('valid').select('id').where({ name: 'valid' });
        const validUser = (column: string): Knex.QueryBuilder =>
          knex('users')
            .select(knex.raw('1'))
            .where('users.id', knex.ref(column))
            .whereIn('users.valid_id', valid());
        const rows = await knex
          .from({ gu: 'group_user' })
          .join({ g: groupTable }, 'g.id', 'gu.group_id')
          .select({ name: 'g.name', permission: 'gu.permission_key' })
          .where('gu.user_id', userId)
          .whereIn('g.valid_id', valid())
          .whereExists(validUser('gu.user_id'))
          .union(
            knex
              .from({ ru: 'role_user' })
              .join({ r: 'roles' }, 'r.id', 'ru.role_id')
              .join({ gr: 'group_role' }, 'gr.role_id', 'r.id')
              .join({ g: groupTable }, 'g.id', 'gr.group_id')
              .select({ name: 'g.name', permission: 'gr.permission_key' })
              .where('ru.user_id', userId)
              // Very old rows say 0 for a right that is not given.
              .where('gr.permission_value', 1)
              .whereIn('r.valid_id', valid())
              .whereIn('g.valid_id', valid())
              .whereExists(validUser('ru.user_id')),
          );
        return rows.map(({ name, permission }) => ({ name, permission }));
      }),

    preferences: (userId) =>
      db.run('permissions.preferences', async (knex) => {
        const rows: { preferences_key: string; preferences_value: Buffer | string | null }[] = await knex(
          'user_preferences',
        )
          .select('preferences_key', 'preferences_value')
          .where({ user_id: userId });
        return Object.fromEntries(
          rows.map((row) => [row.preferences_key, row.preferences_value?.toString() ?? '']),
        );
      }),
  };
}
