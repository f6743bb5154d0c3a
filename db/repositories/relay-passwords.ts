import type { Knex } from 'knex';
import type { MailServer } from '../../plugin/domain/mailbox/mail-server.js';
import {
  type RelayPassword,
  type RelayPasswordStore,
  relayServer,
  type StoredRelayPassword,
} from '../../plugin/domain/relay/relay-password.js';
import type { Database } from '../database.js';

/** Columns are explained in migrations 0018 and 0019. */
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
  config_name: string | null;
  config_created: string | null;
  /** Of the configuration that has the ID now. */
  current_name: string | null;
  current_created: string | null;
}

/** All passwords, each with what tells whose it is. */
const passwords = (knex: Knex) =>
  knex
    .from({ p: TABLE })
    .leftJoin({ c: 'oauth2_token_config' }, 'c.id', 'p.token_config_id')
    .select('p.*', 'c.name as current_name', 'c.create_time as current_created');

/**
 * Only one of the two must be the same: a configuration may get another name, and an import into the helpdesk may
 * overwrite the time of its creation. Compared here, because the columns may have different collations.
 */
const isOrphan = (row: Pick<Row, `${'config' | 'current'}_${'name' | 'created'}`>): boolean =>
  row.current_name === null ||
  (row.current_name !== row.config_name && row.current_created !== row.config_created);

/** Those of some configurations, by mailbox and client. */
export async function passwordsOf(knex: Knex, configIds: readonly number[]): Promise<RelayPassword[]> {
  const rows: Row[] = await passwords(knex)
    .whereIn('p.token_config_id', configIds)
    .orderBy(['p.login', 'p.client', 'p.id']);
  return rows.map(toPassword).filter((password) => !password.isOrphan);
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
    isOrphan: isOrphan(row),
  };
}

const toStored = (row: Row): StoredRelayPassword => ({ ...toPassword(row), hash: row.password_hash });

/** All passwords, by mailbox and client. */
export async function readRelayPasswords(knex: Knex): Promise<RelayPassword[]> {
  const rows: Row[] = await passwords(knex).orderBy(['p.login', 'p.client', 'p.id']);
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
          const current = (column: string) =>
            knex('oauth2_token_config').where({ id: password.configId }).select(column);
          await knex(TABLE).insert({
            token_config_id: password.configId,
            config_name: current('name'),
            config_created: current('create_time'),
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
        const row: Row | undefined = await passwords(knex).where('p.selector', selector).first();
        return row ? toStored(row) : null;
      }),

    list: () => db.run('relay-passwords.list', readRelayPasswords),

    ofConfig: (configId) => db.run('relay-passwords.of-config', (knex) => passwordsOf(knex, [configId])),

    byId: (id) =>
      db.run('relay-passwords.by-id', async (knex) => {
        const row: Row | undefined = await passwords(knex).where('p.id', id).first();
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
