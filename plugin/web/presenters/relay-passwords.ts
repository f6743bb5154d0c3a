import { serviceAccountOf } from '../../domain/configuration/service-account.js';
import type { TokenConfig } from '../../domain/configuration/token-config.js';
import { type Identity, nameOf } from '../../domain/consent/identity.js';
import { passwordAccountFormUrl } from '../../domain/mailbox/account-form.js';
import type { MailServers } from '../../domain/mailbox/mail-server.js';
import { PASSWORD_SETTING, passwordSettings } from '../../domain/mailbox/outbound-settings.js';
import {
  entryAddress,
  protocolOfScheme,
  type RelayPlace,
  relayEntries,
} from '../../domain/relay/relay-listener.js';
import type { RelayPassword } from '../../domain/relay/relay-password.js';
import type { MadeRelayPassword } from '../../usecases/relay/add-relay-password.js';
import { formatTime } from '../locale.js';
import type { Reader } from '../reader.js';

export interface RelayPasswordsFacts {
  config: TokenConfig;
  identity: Identity | null;
  /** User names of the mailboxes that use the configuration. */
  logins: readonly string[];
  /** Of the provider, as far as they are known. */
  servers: MailServers;
  places: readonly RelayPlace[];
  passwords: readonly RelayPassword[];
  /** The helpdesk's form for a mail account takes its values from the URL: Znuny 6.3 and newer. */
  fillsForm: boolean;
  /** The helpdesk can also send mail with a token. */
  sendsWithTokens: boolean;
  /** As entered. */
  typed: { login: string; client: string; servers: string };
  /** What was just created. */
  made: (MadeRelayPassword & { login: string; client: string }) | null;
}

/** How the new password is entered: in the helpdesk's form, its settings, or any other program. */
function presentMade({ made, places, fillsForm, sendsWithTokens }: RelayPasswordsFacts) {
  if (!made) return null;
  const entries = relayEntries(places).filter(({ protocol }) => made.servers[protocol] !== undefined);
  // No helpdesk can enter a Unix socket, but other programs can.
  const sockets = places.flatMap(({ scheme, at }) =>
    'path' in at && made.servers[protocolOfScheme(scheme)]
      ? [{ type: scheme.toUpperCase(), host: at.path, port: '' }]
      : [],
  );
  const receive = entries.filter(({ protocol }) => protocol !== 'smtp');
  const send = entries.find(({ protocol }) => protocol === 'smtp');
  return {
    login: made.login,
    client: made.client,
    password: made.password,
    isFilled: fillsForm,
    entries: [...entries.map(({ type, host, port }) => ({ type, host, port: String(port) })), ...sockets],
    receive: receive.map((entry, at) => ({
      type: entry.type,
      address: entryAddress(entry),
      url: passwordAccountFormUrl({ type: entry.type, address: entryAddress(entry) }, made.login),
      primary: at === 0,
    })),
    settings: send ? passwordSettings(send, made.login, sendsWithTokens) : null,
    passwordSetting: PASSWORD_SETTING,
  };
}

/** The page on which a mailbox gets passwords for programs that cannot use OAuth2. */
export function presentRelayPasswords(facts: RelayPasswordsFacts, reader: Reader) {
  const { config, identity, servers, places, passwords, typed } = facts;
  const owner = identity ? nameOf(identity) : '';
  /** A token of a service account is for this mailbox alone. */
  const mailbox = serviceAccountOf(config.document)?.mailbox ?? '';
  const owners = [owner, mailbox].filter((name) => name.includes('@'));
  const logins = [...new Set([...facts.logins, ...owners])];
  const known = [...servers.receive, ...(servers.send ? [servers.send] : [])];
  return {
    id: config.id,
    isOn: places.length > 0,
    logins,
    typed: { ...typed, login: typed.login || (logins[0] ?? '') },
    /** The servers that the relay signs in at; empty: an admin must name them. */
    servers: known.map(({ type, address }) => `${address} (${type})`).join(', '),
    made: presentMade(facts),
    passwords: passwords.map(({ id, login, client, createdAt, lastUsedAt }) => ({
      id,
      login,
      client,
      created: formatTime(createdAt, reader),
      lastUsed: lastUsedAt ? formatTime(lastUsedAt, reader) : reader.t('never'),
    })),
  };
}
