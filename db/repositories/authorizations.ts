import type {
  AuthorizationStore,
  PendingAuthorization,
} from '../../plugin/domain/consent/authorization-store.js';
import type { Database } from '../database.js';

/** Table `oauth2_sidecar_authorization`; times are milliseconds since the epoch. */
interface AuthorizationRow {
  state_hash: string;
  session_hash: string;
  user_id: number;
  token_config_id: number;
  verifier: string | null;
  redirect_uri: string;
  created_at: number;
  expires_at: number;
}

/** How long an expired row is kept, so that a late answer is reported as expired and not as unknown. */
const KEPT_MS = 24 * 3600 * 1000;

/** How many rows one statement removes, so that it locks none for long. */
const BATCH = 1000;

const TABLE = 'oauth2_sidecar_authorization';

export function createAuthorizationStore({ db }: { db: Database }): AuthorizationStore {
  return {
    insert: (pending) =>
      db.run('authorizations.insert', async (knex) => {
        await knex(TABLE).insert(toRow(pending));
      }),

    consume: (stateHash) =>
      db.transaction('authorizations.consume', ({ run }) =>
        run('authorizations.consume', async (knex) => {
          const row = await knex<AuthorizationRow>(TABLE)
            .where({ state_hash: stateHash })
            .forUpdate()
            .first();
          if (!row) return null;
          await knex(TABLE).where({ state_hash: stateHash }).delete();
          return toPending(row);
        }),
      ),

    peek: (stateHash) =>
      db.run('authorizations.peek', async (knex) => {
        const row = await knex<AuthorizationRow>(TABLE).where({ state_hash: stateHash }).first();
        return row ? toPending(row) : null;
      }),

    prune: (now) =>
      db.run('authorizations.prune', (knex, { statements }) =>
        statements
          .atMost(knex(TABLE).where('expires_at', '<', now.getTime() - KEPT_MS), BATCH, 'state_hash')
          .delete(),
      ),
  };
}

const toRow = (pending: PendingAuthorization): AuthorizationRow => ({
  state_hash: pending.stateHash,
  session_hash: pending.sessionHash,
  user_id: pending.userId,
  token_config_id: pending.configId,
  verifier: pending.verifier,
  redirect_uri: pending.redirectUri,
  created_at: pending.createdAt.getTime(),
  expires_at: pending.expiresAt.getTime(),
});

const toPending = (row: AuthorizationRow): PendingAuthorization => ({
  stateHash: row.state_hash,
  sessionHash: row.session_hash,
  userId: row.user_id,
  configId: row.token_config_id,
  verifier: row.verifier,
  redirectUri: row.redirect_uri,
  createdAt: new Date(Number(row.created_at)),
  expiresAt: new Date(Number(row.expires_at)),
});
