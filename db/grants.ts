import { COMMON } from '../plugin/domain/product/records.js';

export type Right = 'SELECT' | 'INSERT' | 'UPDATE' | 'DELETE';

export interface Grant {
  table: string;
  rights: readonly Right[];
  /** Columns that stay closed. The right is then granted for each of the others. */
  without?: readonly string[];
  /** Why fewer rights are not enough. docs/security.md has the same words; a test ensures it. */
  reason: string;
}

const READ = ['SELECT'] as const;
const ALL = ['SELECT', 'INSERT', 'UPDATE', 'DELETE'] as const;

/**
 * Everything that a running sidecar does in the helpdesk's database. A query on another table needs a line
 * here; a test in test/guard reads the repositories and ensures it. The helpdesk's own user creates the
 * tables.
 */
export const GRANTS: readonly Grant[] = [
  {
    table: 'oauth2_token_config',
    rights: ALL,
    reason: 'the screens show, add, edit and delete configurations',
  },
  {
    table: 'oauth2_token',
    rights: ALL,
    reason: 'tokens are stored, renewed and deleted with their configuration',
  },
  { table: 'mail_account', rights: READ, without: ['pw'], reason: 'which mail accounts use a token' },
  { table: 'communication_log', rights: READ, reason: 'when mail was last fetched, and with what result' },
  { table: 'communication_log_object', rights: READ, reason: 'which part of a fetch failed' },
  { table: 'communication_log_object_entry', rights: READ, reason: 'why a fetch failed' },
  {
    table: 'mail_queue',
    rights: READ,
    without: ['recipient', 'raw_message'],
    reason: 'whether outbound mail waits, and why',
  },
  { table: 'process_id', rights: READ, reason: 'whether a fetch holds the lock of all fetches' },
  { table: 'scheduler_recurrent_task', rights: READ, reason: 'when the daemon last started the fetches' },
  {
    table: 'sendmail_config',
    rights: READ,
    without: ['auth_password'],
    reason: 'which outbound email profiles use a token (Znuny 7.3 and newer)',
  },
  { table: 'gi_webservice_config', rights: READ, reason: 'which web services use a token' },
  { table: 'sysconfig_deployment', rights: READ, reason: 'the deployed settings' },
  {
    table: 'sessions',
    rights: READ,
    reason: 'who is asking (the table that the setting SessionTable names)',
  },
  { table: 'users', rights: READ, without: ['pw'], reason: 'who is asking' },
  { table: 'valid', rights: READ, reason: 'what is valid' },
  { table: COMMON.groupTables[0], rights: READ, reason: 'rights by group' },
  { table: COMMON.groupTables[1], rights: READ, reason: 'the same on older helpdesks' },
  { table: 'group_user', rights: READ, reason: 'rights by group' },
  { table: 'roles', rights: READ, reason: 'rights by role' },
  { table: 'group_role', rights: READ, reason: 'rights by role' },
  { table: 'role_user', rights: READ, reason: 'rights by role' },
  { table: 'oauth2_sidecar_authorization', rights: ALL, reason: 'pending consents' },
  { table: 'oauth2_sidecar_renewal', rights: ALL, reason: 'when each token is due, and who renews it now' },
  {
    table: 'oauth2_sidecar_event',
    rights: ALL,
    reason: 'the history, and its deletion after the days that the setting names',
  },
  { table: 'oauth2_sidecar_import', rights: ALL, reason: 'uploads that wait for their confirmation' },
  { table: 'oauth2_sidecar_identity', rights: ALL, reason: 'who authorized each token' },
  {
    table: 'oauth2_sidecar_shared_mailbox',
    rights: ALL,
    reason: 'mailboxes that others may read, as admins marked them',
  },
  { table: 'oauth2_sidecar_mailbox', rights: ALL, reason: 'what the fetches of each mail account reported' },
  {
    table: 'oauth2_sidecar_mail_watch',
    rights: ALL,
    reason: "how far the helpdesk's communication log has been read",
  },
  { table: 'oauth2_sidecar_alert', rights: ALL, reason: 'current problems, and whether they were reported' },
  { table: 'oauth2_sidecar_alert_message', rights: ALL, reason: 'alerts that are being sent' },
  { table: 'oauth2_sidecar_alert_channel', rights: ALL, reason: 'whether alerts arrive' },
  {
    table: 'oauth2_sidecar_relay_password',
    rights: ALL,
    reason: 'who may use which mailbox through the relay',
  },
  { table: 'oauth2_sidecar_migration', rights: READ, reason: 'whether the tables are those of this version' },
];

/** Rights that are or shall be granted: table -> right -> the columns, or null for the whole table. */
export type Granted = Map<string, Map<string, ReadonlySet<string> | null>>;

/**
 * @param columns table -> its columns, as the database has them
 * @param sessionTable the setting SessionTable
 */
export function wantedGrants(
  columns: ReadonlyMap<string, readonly string[]>,
  sessionTable = 'sessions',
): Granted {
  const wanted: Granted = new Map();
  for (const { table: name, rights, without } of GRANTS) {
    const table = name === 'sessions' ? sessionTable : name;
    const present = columns.get(table);
    if (!present) continue;
    const open = without ? new Set(present.filter((column) => !without.includes(column))) : null;
    wanted.set(table, new Map(rights.map((right) => [right, open])));
  }
  return wanted;
}
