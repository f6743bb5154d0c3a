import type { Knex } from 'knex';
import type { Identity } from '../../plugin/domain/consent/identity.js';
import type { IdentityStore, KnownIdentity } from '../../plugin/domain/consent/identity-store.js';
import type { Database } from '../database.js';
import type { Dialect } from '../dialect/dialect.js';
import { noteOtherMailboxes } from './other-mailboxes.js';

/** Table `oauth2_sidecar_identity`; `at` in milliseconds since the epoch. */
interface IdentityRow {
  token_config_id: number;
  subject: string;
  login: string | null;
  email: string | null;
  issuer: string;
  at: number;
}

const IDENTITIES = 'oauth2_sidecar_identity';
const SHARED = 'oauth2_sidecar_shared_mailbox';

/** Deletes the identities of configurations that no longer exist. */
export async function forgetIdentities(knex: Knex, configIds: number[]): Promise<void> {
  for (const table of [IDENTITIES, SHARED]) await knex(table).whereIn('token_config_id', configIds).delete();
}

/** Writes an identity inside the token's transaction; null: unknown. */
export async function writeIdentity(
  knex: Knex,
  { statements }: Dialect,
  { configId, identity, at }: { configId: number; identity: Identity | null; at: Date },
): Promise<void> {
  if (!identity) return void (await knex(IDENTITIES).where({ token_config_id: configId }).delete());
  const row = { token_config_id: configId, ...identity, at: at.getTime() };
  await statements.upsert(knex, IDENTITIES, row, 'token_config_id');
}

export function createIdentityStore({ db }: { db: Database }): IdentityStore {
  return {
    save: (configId, identity, at) =>
      db.transaction('identities.save', ({ run }) =>
        run('identities.save', async (knex, dialect) => {
          await writeIdentity(knex, dialect, { configId, identity, at });
          await noteOtherMailboxes(knex, dialect, at, configId);
        }),
      ),

    of: (configIds) =>
      db.run('identities.of', async (knex) => {
        const found = new Map<number, KnownIdentity>(
          configIds.map((id) => [id, { identity: null, at: null, shared: [] }]),
        );
        if (found.size === 0) return found;
        const rows: IdentityRow[] = await knex(IDENTITIES).whereIn('token_config_id', configIds).select();
        for (const { token_config_id, at, ...identity } of rows)
          found.set(token_config_id, { identity, at: new Date(Number(at)), shared: [] });
        const marks: { token_config_id: number; mail_account_id: number }[] = await knex(SHARED)
          .whereIn('token_config_id', configIds)
          .select();
        for (const mark of marks) found.get(mark.token_config_id)?.shared.push(mark.mail_account_id);
        return found;
      }),

    markShared: (configId, mailAccountIds, at) =>
      db.transaction('identities.mark-shared', ({ run }) =>
        run('identities.mark-shared', async (knex, dialect) => {
          await knex(SHARED).where({ token_config_id: configId }).delete();
          const rows = mailAccountIds.map((id) => ({ token_config_id: configId, mail_account_id: id }));
          if (rows.length > 0) await knex(SHARED).insert(rows);
          await noteOtherMailboxes(knex, dialect, at, configId);
        }),
      ),
  };
}
