import type {
  ImportPreviewStore,
  KeptPreview,
} from '../../plugin/domain/configuration/import-preview-store.js';
import type { Database } from '../database.js';

/** Table `oauth2_sidecar_import`; times are milliseconds since the epoch. */
const TABLE = 'oauth2_sidecar_import';
/** How many rows one statement removes: each may contain a megabyte. */
const BATCH = 50;

export function createImportPreviewStore({ db }: { db: Database }): ImportPreviewStore {
  return {
    put: ({ ticketHash, sessionHash, content, expiresAt }, now) =>
      db.transaction('import-previews.put', ({ run }) =>
        run('import-previews.put', async (knex) => {
          await knex(TABLE)
            .where('expires_at', '<=', now.getTime())
            .orWhere({ session_hash: sessionHash })
            .delete();
          await knex(TABLE).insert({
            ticket_hash: ticketHash,
            session_hash: sessionHash,
            content,
            expires_at: expiresAt.getTime(),
          });
        }),
      ),

    take: (ticketHash, sessionHash) =>
      db.transaction('import-previews.take', ({ run }) =>
        run('import-previews.take', async (knex): Promise<KeptPreview | null> => {
          const mine = { ticket_hash: ticketHash, session_hash: sessionHash };
          const row = await knex(TABLE).where(mine).forUpdate().first();
          if (!row) return null;
          await knex(TABLE).where(mine).delete();
          return {
            ticketHash,
            sessionHash,
            content: row.content as Buffer,
            expiresAt: new Date(Number(row.expires_at)),
          };
        }),
      ),

    prune: (now) =>
      db.run('import-previews.prune', (knex, { statements }) =>
        statements
          .atMost(knex(TABLE).where('expires_at', '<=', now.getTime()), BATCH, 'ticket_hash')
          .delete(),
      ),
  };
}
