import type { Clock } from '../../domain/clock.js';
import type { ProviderTemplates } from '../../domain/configuration/provider-template.js';
import type { TokenConfig } from '../../domain/configuration/token-config.js';
import type { Log } from '../../domain/log.js';
import { mailServersOf } from '../../domain/mailbox/mail-servers.js';
import { MAIL_PORTS, MAIL_TYPES, splitAddress } from '../../domain/mailbox/mailbox.js';
import {
  PASSWORD_BITS,
  type RelayPasswordStore,
  type RelayServers,
  relayPasswordName,
  relayServer,
  selectorOf,
} from '../../domain/relay/relay-password.js';
import type { EventStore } from '../../domain/token/event-store.js';
import { SidecarError } from '../../errors.js';
import { randomText } from '../../lib/hash.js';
import { hashPassword } from '../../lib/password-hash.js';
import { type Phrase, phrase } from '../../lib/phrase.js';

export interface AddRelayPasswordDeps {
  relayPasswords: Pick<RelayPasswordStore, 'add'>;
  /** null: the password is for a check and not for the history. */
  events: Pick<EventStore, 'add'> | null;
  templates: Pick<ProviderTemplates, 'list'>;
  clock: Clock;
  log: Log;
}

export interface AddRelayPasswordInput {
  config: TokenConfig;
  /** The mailbox's address. */
  login: string;
  /** What will use the password. */
  client: string;
  /** Servers that replace those of the configuration's template: `TYPE HOST[:PORT]`. */
  servers: readonly string[];
  /**
   * The servers come from a screen: they may use only the ports of mail servers, and none replaces a server of the
   * template, so that an admin of the helpdesk reaches no other service of the network.
   */
  isTyped?: boolean;
  userId: number;
}

export interface MadeRelayPassword {
  id: number;
  /** Shown once; only its hash is stored. */
  password: string;
  servers: RelayServers;
}

const INVALID_SERVER = phrase(
  'Enter a type with TLS (IMAPS, IMAPTLS, POP3S, POP3TLS, SMTPS, SMTPTLS) and a host, such as "IMAPS imap.example.com".',
);

async function serversOf(
  { templates }: AddRelayPasswordDeps,
  { config, servers, isTyped = false }: AddRelayPasswordInput,
): Promise<RelayServers | Phrase> {
  const found: RelayServers = {};
  const { receive, send } = mailServersOf(config.document, await templates.list());
  const usual = [...receive, ...(send ? [send] : [])].reverse();
  for (const { type, address } of usual) {
    const server = relayServer(type, address);
    if (server) found[MAIL_TYPES[server.type].protocol] = server;
  }
  if (isTyped && usual.length > 0) return found;
  for (const text of servers) {
    const [type = '', address = '', ...more] = text.trim().split(/\s+/);
    const server = more.length > 0 ? null : relayServer(type.toUpperCase(), address);
    if (!server) return INVALID_SERVER;
    if (isTyped && !MAIL_PORTS.includes(splitAddress(server.address, server.type)?.port ?? 0))
      return phrase('Only the ports of mail servers are allowed here: %s.', MAIL_PORTS.join(', '));
    found[MAIL_TYPES[server.type].protocol] = server;
  }
  return found;
}

/**
 * Creates a relay password for one client of one mailbox. The servers are written down with it: those of the
 * configuration's template, unless others are given.
 * @throws SidecarError relay-invalid with the fields Login, Client, Server
 */
export async function addRelayPassword(
  deps: AddRelayPasswordDeps,
  input: AddRelayPasswordInput,
): Promise<MadeRelayPassword> {
  const { config, userId } = input;
  const [login, client] = [input.login.trim(), input.client.trim()];
  const fields: Record<string, Phrase> = {};
  if (login === '') fields.Login = phrase('Enter the user name, usually the e-mail address of the mailbox.');
  if (client === '') fields.Client = phrase('Enter the name of the program that will use the password.');
  for (const [field, value, most] of [
    ['Login', login, 250],
    ['Client', client, 100],
  ] as const)
    if (/\p{Cc}/u.test(value) || value.length > most)
      fields[field] = phrase('This value is too long or contains characters that are not allowed.');
  const servers = await serversOf(deps, input);
  if (typeof servers === 'string' || 'text' in servers) fields.Server = servers as Phrase;
  else if (Object.keys(servers).length === 0)
    fields.Server = phrase('The mail servers of this provider are not known. Enter them.');
  if (Object.keys(fields).length > 0) throw new SidecarError('relay-invalid', { fields });
  const password = randomText(PASSWORD_BITS);
  const selector = selectorOf(password);
  if (selector === null) throw new SidecarError('internal', { log: 'a relay password has another form' });
  const createdAt = deps.clock();
  const hash = await hashPassword(password);
  // Before the password is stored: no password exists that nobody has seen or that the history does not know.
  await deps.events?.add(config.id, {
    at: createdAt,
    actor: userId,
    what: 'relay-password-created',
    outcome: 'ok',
    code: relayPasswordName({ login, client }),
    durationMs: null,
  });
  const id = await deps.relayPasswords.add({
    configId: config.id,
    login,
    client,
    servers: servers as RelayServers,
    selector,
    hash,
    createdAt,
    createdBy: userId,
  });
  deps.log.info({ id, configId: config.id, client, userId }, 'relay password created');
  return { id, password, servers: servers as RelayServers };
}
