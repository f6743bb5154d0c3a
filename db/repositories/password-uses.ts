import { parse } from 'yaml';
import { isMailType, MAIL_TYPES } from '../../plugin/domain/mailbox/mailbox.js';
import type { PasswordUse, PasswordUseStore } from '../../plugin/domain/mailbox/password-uses.js';
import { hostOfAddress } from '../../plugin/lib/host-of.js';
import type { ColumnReader } from '../columns.js';
import type { Database } from '../database.js';

export interface PasswordUseDeps {
  db: Database;
  columns: ColumnReader;
}

/** Parts of the hosts that matter, so that the accounts at others are not read. */
const HOSTS = ['office365.', 'office.com', 'outlook.', 'live.com', 'gmail.com', 'googlemail.com'];

/** In bytes. Longer settings of a web service are not read: the helpdesk's own are a few thousand. */
const LONGEST = 200_000;

/** Reads what signs in with a password, without the passwords. */
export function createPasswordUses({ db, columns }: PasswordUseDeps): PasswordUseStore {
  return {
    async list() {
      const tables = await columns.columns();
      const [accounts, profiles, services] = await Promise.all([
        mailAccounts(db, tables.get('mail_account')?.has(db.dialect.columns.signIn) ?? false),
        tables.has('sendmail_config') ? outboundProfiles(db) : [],
        webServices(db),
      ]);
      return [...accounts, ...profiles, ...services];
    },
  };
}

/** @param hasTypes false: a helpdesk that knows only passwords */
async function mailAccounts(db: Database, hasTypes: boolean): Promise<PasswordUse[]> {
  const rows: { id: number; login: string; host: string; account_type: string }[] = await db.run(
    'password-uses.mail-accounts',
    (knex, { columns }) => {
      const query = knex('mail_account')
        .select('id', 'login', 'host', 'account_type')
        .where('valid_id', 1)
        .where((either) => {
          for (const part of HOSTS) either.orWhereRaw('LOWER(host) LIKE ?', [`%${part}%`]);
        })
        .orderBy(['login', 'id']);
      return hasTypes ? query.whereNot(columns.signIn, 'oauth2_token') : query;
    },
  );
  return rows.flatMap(({ id, login, host, account_type: type }): PasswordUse[] =>
    isMailType(type)
      ? [
          {
            kind: 'mail-account',
            id,
            name: login,
            type,
            protocol: MAIL_TYPES[type].protocol,
            host: hostOfAddress(host),
          },
        ]
      : [],
  );
}

/** Outbound email profiles, in Znuny since 7.3. */
async function outboundProfiles(db: Database): Promise<PasswordUse[]> {
  const rows: { id: number; sendmail_module: string; host: string | null; auth_user: string }[] =
    await db.run('password-uses.profiles', (knex) =>
      knex('sendmail_config')
        .select('id', 'sendmail_module', 'host', 'auth_user')
        .whereNull('oauth2_token_config_id')
        .whereNotNull('auth_user')
        .where('valid_id', 1)
        .orderBy('id'),
    );
  return rows.flatMap(({ id, sendmail_module: module, host, auth_user: name }): PasswordUse[] => {
    const type = module.replace(/^.*::/, '');
    return name !== '' && isMailType(type) && MAIL_TYPES[type].protocol === 'smtp'
      ? [{ kind: 'profile', id, name, type, protocol: 'smtp', host: hostOfAddress(host ?? '') }]
      : [];
  });
}

/** Web services store their settings as YAML; only those that mention a sign-in with a password are parsed. */
async function webServices(db: Database): Promise<PasswordUse[]> {
  const rows: { id: number; name: string; config: Buffer | string }[] = await db.run(
    'password-uses.web-services',
    (knex) =>
      knex('gi_webservice_config')
        .select('id', 'name', 'config')
        .where('valid_id', 1)
        .where((either) => either.where('config', 'like', '%BasicAuth%').orWhere('config', 'like', '%NTLM%'))
        .whereRaw('OCTET_LENGTH(config) <= ?', [LONGEST])
        .orderBy('name'),
  );
  return rows.flatMap(({ id, name, config }): PasswordUse[] => {
    const found = requesterOf(config.toString());
    return found ? [{ kind: 'web-service', id, name, protocol: 'http', ...found }] : [];
  });
}

/**
 * Where a web service of the helpdesk signs in with a password. Reading executes nothing: tags of other languages stay
 * text.
 * @returns null: it does not, or its settings are not readable
 */
function requesterOf(yaml: string): { type: string; host: string } | null {
  let node: unknown;
  try {
    node = parse(yaml, { maxAliasCount: 100, logLevel: 'error' });
  } catch {
    return null;
  }
  const transport = ['Requester', 'Transport'].reduce(child, node);
  const config = child(transport, 'Config');
  const authentication = child(config, 'Authentication');
  // The key `Type` stands in web services that were stored by version 5 of the helpdesk.
  const kind = child(authentication, 'AuthType') ?? child(authentication, 'Type');
  const url = child(config, 'Host') ?? child(config, 'Endpoint');
  if ((kind !== 'BasicAuth' && kind !== 'NTLM') || typeof url !== 'string') return null;
  const host = /^(?:https?:\/\/)?(?:[^/?#@]*@)?([^/:?#]+)/i.exec(url.trim())?.[1];
  const type = child(transport, 'Type');
  return host ? { type: typeof type === 'string' ? type : '', host: host.toLowerCase() } : null;
}

const child = (node: unknown, key: string): unknown =>
  typeof node === 'object' && node !== null && Object.hasOwn(node, key)
    ? (node as Record<string, unknown>)[key]
    : undefined;
