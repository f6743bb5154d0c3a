import type { Knex } from 'knex';
import type { MailServer } from '../../plugin/domain/mailbox/mail-server.js';
import {
  type RelayPassword,
  type RelayPasswordStore,
  relayServer,
  type StoredRelayPassword,
} from '../../plugin/domain/relay/relay-password.js';
import type { Database } from '../database.js';

/** Columns are explained in migration 0018. */
const TABLE = 'oauth2_sidecar_relay_password';

interface Row {
  id: number;
  token_config_id: number;
  login: string;
  client: string;
  password_hash: string;
  imap_server: string | null;
  pop3_server: string | null;
  smtp_server: string | null;
  created_at: number | string;
  created_by: number;
  last_used_at: number | string | null;
}

const writeServer = (server: MailServer | undefined): string | null =>
  server ? `${server.type} ${server.address}` : null;

/** What is no longer a server that the relay may use is left out. */
function readServer(text: string | null): MailServer | null {
  const [type = '', address = ''] = text?.split(' ') ?? [];
  return relayServer(type, address);
}

function toPassword(row: Row): RelayPassword {
  const [imap, pop3, smtp] = [row.imap_server, row.pop3_server, row.smtp_server].map(readServer);
  return {
    id: row.id,
    configId: row.token_config_id,
    login: row.login,
    client: row.client,
    servers: { ...(imap ? { imap } : {}), ...(pop3 ? { pop3 } : {}), ...(smtp ? { smtp } : {}) },
    createdAt: new Date(Number(row.created_at)),
    createdBy: row.created_by,
    lastUsedAt: row.last_used_at === null ? null : new Date(Number(row.last_used_at)),
  };
}

const toStored = (row: Row): StoredRelayPassword => ({ ...toPassword(row), hash: row.password_hash });

/** All passwords, by mailbox and client. */
export async function readRelayPasswords(knex: Knex): Promise<RelayPassword[]> {
  const rows: Row[] = await knex(TABLE).select().orderBy(['login', 'client', 'id']);
  return rows.map(toPassword);
}

/** Deletes the relay passwords of configurations that somebody has just deleted. */
export async function forgetRelayPasswords(knex: Knex, configIds: number[]): Promise<void> {
  await knex(TABLE).whereIn('token_config_id', configIds).delete();
}

export function createRelayPasswordStore({ db }: { db: Database }): RelayPasswordStore {
  return {
    add: (password) =>
      db.transaction('relay-passwords.add', ({ run }) =>
        run('relay-passwords.add', async (knex) => {
          const { servers, selector } = password;
          await knex(TABLE).insert({
            token_config_id: password.configId,
            login: password.login,
            client: password.client,
            selector,
            password_hash: password.hash,
            imap_server: writeServer(servers.imap),
            pop3_server: writeServer(servers.pop3),
            smtp_server: writeServer(servers.smtp),
            created_at: password.createdAt.getTime(),
            created_by: password.createdBy,
          });
          const row = await knex(TABLE).where({ selector }).first('id');
          return Number(row.id);
        }),
      ),

    find: (selector) =>
      db.run('relay-passwords.find', async (knex) => {
        const row: Row | undefined = await knex(TABLE).where({ selector }).first();
        return row ? toStored(row) : null;
      }),

    list: () => db.run('relay-passwords.list', readRelayPasswords),

    ofConfig: (configId) =>
      db.run('relay-passwords.of-config', async (knex) => {
        const rows: Row[] = await knex(TABLE)
          .where({ token_config_id: configId })
          .orderBy(['login', 'client', 'id']);
        return rows.map(toPassword);
      }),

    byId: (id) =>
      db.run('relay-passwords.by-id', async (knex) => {
        const row: Row | undefined = await knex(TABLE).where({ id }).first();
        return row ? toPassword(row) : null;
      }),

    remove: (id) =>
      db.run('relay-passwords.remove', async (knex) => (await knex(TABLE).where({ id }).delete()) > 0),

    noteUse: (id, at) =>
      db.run('relay-passwords.note-use', async (knex) => {
        await knex(TABLE).where({ id }).update({ last_used_at: at.getTime() });
      }),
  };
}
