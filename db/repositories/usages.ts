import { parse } from 'yaml';
import type { Settings, SettingsReader } from '../../plugin/domain/helpdesk/settings.js';
import { sendsWithToken } from '../../plugin/domain/mailbox/outbound-sign-in.js';
import { NO_USAGE, type Usage, type UsageStore } from '../../plugin/domain/mailbox/usage.js';
import type { ColumnReader } from '../columns.js';
import type { Database } from '../database.js';
import { MAILBOX } from './mailbox-row.js';
import { passwordsOf } from './relay-passwords.js';

export interface UsageStoreDeps {
  db: Database;
  columns: ColumnReader;
  settings: SettingsReader;
}

/** Table `mail_account`, the columns that identify an account for an admin. */
interface MailAccountRow {
  id: number;
  login: string;
  host: string;
  account_type: string;
  imap_folder: string | null;
  oauth2_token_config_id: number;
}

/** What uses a configuration, valid or not: at most five queries for any number of configurations. */
export function createUsageStore({ db, columns, settings }: UsageStoreDeps): UsageStore {
  return {
    async of(configs) {
      const found = new Map<number, Usage>(configs.map(({ id }) => [id, structuredClone(NO_USAGE)]));
      if (found.size === 0) return found;
      const smtpName = smtpConfigName(await settings.current());
      for (const { id, name } of configs)
        if (smtpName !== null && smtpName === name.toLowerCase()) (found.get(id) as Usage).smtp = true;
      for (const row of await mailAccounts(db, [...found.keys()]))
        found.get(row.oauth2_token_config_id)?.mailAccounts.push(toAccount(row));
      for (const row of await relayedAccounts(db, [...found.keys()]))
        found.get(row.oauth2_token_config_id)?.mailAccounts.push({ ...toAccount(row), relayed: true });
      const passwords = await db.run('usages.relay-passwords', (knex) =>
        passwordsOf(knex, [...found.keys()]),
      );
      for (const { id, login, client, configId } of passwords)
        found.get(configId)?.relayPasswords.push({ id, login, client });
      if ((await columns.columns()).has('sendmail_config'))
        for (const row of await profiles(db, [...found.keys()]))
          found
            .get(row.oauth2_token_config_id)
            ?.profiles.push({ id: row.id, module: row.sendmail_module, host: row.host ?? '' });
      for (const { id, name, configId } of await webServices(db))
        found.get(configId)?.webServices.push({ id, name });
      return found;
    },
  };
}

/** Lower case, because the helpdesk finds the configuration without regard to case. */
function smtpConfigName(settings: Settings): string | null {
  if (!sendsWithToken(settings)) return null;
  return settings.text('SendmailModule::OAuth2TokenConfigName').trim().toLowerCase() || null;
}

const mailAccounts = (db: Database, ids: number[]): Promise<MailAccountRow[]> =>
  db.run('usages.mail-accounts', (knex) =>
    knex('mail_account')
      .select('id', 'login', 'host', 'account_type', 'imap_folder', 'oauth2_token_config_id')
      .whereIn('oauth2_token_config_id', ids)
      .orderBy(['login', 'id']),
  );

const toAccount = (row: MailAccountRow): Usage['mailAccounts'][number] => ({
  id: row.id,
  login: row.login,
  host: row.host,
  type: row.account_type,
  folder: row.imap_folder ?? '',
});

/** Accounts that sign in at the relay, as the watch of mail has found them. */
const relayedAccounts = (db: Database, ids: number[]): Promise<MailAccountRow[]> =>
  db.run('usages.relayed-accounts', (knex) =>
    knex
      .from({ b: MAILBOX })
      .join({ m: 'mail_account' }, 'm.id', 'b.account_id')
      .whereIn('b.relay_config_id', ids)
      .orderBy(['m.login', 'm.id'])
      .select('m.id', 'm.login', 'm.host', 'm.account_type', 'm.imap_folder')
      .select('b.relay_config_id as oauth2_token_config_id'),
  );

/** Table `sendmail_config`, in Znuny since 7.3: how mail is sent from which address. */
interface ProfileRow {
  id: number;
  sendmail_module: string;
  host: string | null;
  oauth2_token_config_id: number;
}

const profiles = (db: Database, ids: number[]): Promise<ProfileRow[]> =>
  db.run('usages.profiles', (knex) =>
    knex('sendmail_config')
      .select('id', 'sendmail_module', 'host', 'oauth2_token_config_id')
      .whereIn('oauth2_token_config_id', ids)
      .orderBy('id'),
  );

/**
 * Web services store their configuration as YAML; only those that mention a token configuration are parsed.
 */
async function webServices(db: Database): Promise<{ id: number; name: string; configId: number }[]> {
  const rows: { id: number; name: string; config: Buffer | string }[] = await db.run(
    'usages.web-services',
    (knex) =>
      knex('gi_webservice_config')
        .select('id', 'name', 'config')
        .where('config', 'like', '%OAuth2TokenConfigID%')
        .orderBy('name'),
  );
  return rows.flatMap(({ id, name, config }) => {
    const configId = tokenConfigId(config.toString());
    return configId === null ? [] : [{ id, name, configId }];
  });
}

function tokenConfigId(yaml: string): number | null {
  let node: unknown;
  try {
    node = parse(yaml, { maxAliasCount: 100, logLevel: 'error' });
  } catch {
    // It is safer to report a configuration as used than to let it be deleted.
    const id = /\bOAuth2TokenConfigID:\s*['"]?(\d+)/.exec(yaml)?.[1];
    return id === undefined ? null : Number(id);
  }
  for (const key of ['Requester', 'Transport', 'Config', 'Authentication']) node = child(node, key);
  if (child(node, 'AuthType') !== 'OAuth2Token') return null;
  const id = Number(child(node, 'OAuth2TokenConfigID'));
  return Number.isInteger(id) && id > 0 ? id : null;
}

const child = (node: unknown, key: string): unknown =>
  typeof node === 'object' && node !== null ? (node as Record<string, unknown>)[key] : undefined;
