import type { MailServer } from '../mailbox/mail-server.js';
import { isMailType, MAIL_TYPES, type MailProtocol, splitAddress } from '../mailbox/mailbox.js';

/** Where a relayed mailbox is; a protocol that is missing cannot be used with this password. */
export type RelayServers = Partial<Record<MailProtocol, MailServer>>;

/**
 * One client's access to one mailbox through the relay: row of `oauth2_sidecar_relay_password`. The servers
 * belong to it, so that a client never chooses where a token is sent.
 */
export interface RelayPassword {
  id: number;
  configId: number;
  /** The mailbox's address: the user name at the relay and at the provider. */
  login: string;
  /** The program that uses it, as an admin named it. */
  client: string;
  servers: RelayServers;
  createdAt: Date;
  /** ID of the helpdesk's user who made it. */
  createdBy: number;
  /** Within a minute; null: never used. */
  lastUsedAt: Date | null;
  /**
   * Its configuration is missing. A configuration with the same ID is another one if neither its name nor its creation is
   * the same: database servers assign an ID again after a dump was loaded, and old ones after a restart.
   */
  isOrphan: boolean;
}

/** What a sign-in is compared with. */
export interface StoredRelayPassword extends RelayPassword {
  /** As plugin/lib/password-hash.ts writes it. */
  hash: string;
}

export type NewRelayPassword = Omit<StoredRelayPassword, 'id' | 'lastUsedAt' | 'isOrphan'> & {
  selector: string;
};

export interface RelayPasswordStore {
  /** @returns its ID */
  add(password: NewRelayPassword): Promise<number>;
  /** Finds a password by its first characters, which are unique. One indexed query. */
  find(selector: string): Promise<StoredRelayPassword | null>;
  /** All passwords, by mailbox and client; one query. */
  list(): Promise<RelayPassword[]>;
  /** Those of one configuration, by mailbox and client, without orphans; one indexed query. */
  ofConfig(configId: number): Promise<RelayPassword[]>;
  byId(id: number): Promise<RelayPassword | null>;
  /** @returns false if there is no such password any more */
  remove(id: number): Promise<boolean>;
  noteUse(id: number, at: Date): Promise<void>;
}

/** The first characters of a relay password find its row; only the whole password is proof. */
const SELECTOR = 8;
/** 24 characters are the selector's 48 bits and 96 bits that only the client knows. */
const LENGTH = 24;

/** @returns null if the text cannot be a relay password */
export const selectorOf = (password: string): string | null =>
  password.length === LENGTH && /^[\w-]+$/.test(password) ? password.slice(0, SELECTOR) : null;

/** Bits that `randomText` needs for a relay password. */
export const PASSWORD_BITS = LENGTH * 6;

/** User names are compared like mail addresses: without case. */
export const isSameLogin = (given: string, stored: string): boolean =>
  given.trim().toLowerCase() === stored.trim().toLowerCase();

/** Characters of mailbox and client in the history, whose code has 100. */
const NAMED = { login: 60, client: 36 } as const;

/** How the history names a relay password: mailbox and client, shortened. */
export const relayPasswordName = ({ login, client }: Pick<RelayPassword, 'login' | 'client'>): string =>
  `${login.slice(0, NAMED.login)} (${client.slice(0, NAMED.client)})`;

/**
 * A server that a relayed mailbox may use: with TLS, because the relay sends tokens only over verified
 * connections.
 * @returns null if the type or the address is not usable
 */
export function relayServer(type: string, address: string): MailServer | null {
  if (!isMailType(type) || MAIL_TYPES[type].tls === 'none') return null;
  return splitAddress(address, type) === null ? null : { type, address: address.trim() };
}
