import { existsSync } from 'node:fs';
import type { DatabaseCredentials } from '../domain/helpdesk/database-credentials.js';
import { SidecarError } from '../errors.js';
import { readRegularFileSync } from '../lib/regular-file.js';
import { databaseTls } from './database-tls.js';
import { isHash, REFERENCE, type SettingHash } from './setting-values.js';

/**
 * Where the client library looks for the socket if the host is `localhost`. Not in /tmp, MySQL's own default:
 * while the server is stopped, any local user could create a socket there and receive the password.
 */
const SOCKETS = ['/run/mysqld/mysqld.sock', '/var/run/mysqld/mysqld.sock', '/var/lib/mysql/mysql.sock'];

/** The socket of this machine's database server; null if none of the usual paths exists. */
export const localSocket = (exists: (path: string) => boolean = existsSync): string | null =>
  SOCKETS.find(exists) ?? null;

/**
 * Reads DatabaseDSN, DatabaseUser and DatabasePw as DBD::mysql would.
 * @throws SidecarError config-unreadable if a part is missing; helpdesk-unsupported for a database other than
 *   MySQL and MariaDB
 */
export function databaseCredentials(
  settings: SettingHash,
  { exists = existsSync, readFile = readRegularFileSync }: Partial<FileAccess> = {},
): DatabaseCredentials {
  const text = (name: string): string => {
    const value = settings[name] ?? null;
    if (typeof value === 'string') return value;
    throw unreadable(isHash(value) ? `${name} is not a text.` : `${name} is not set.`);
  };
  const dsn = text('DatabaseDSN').replace(REFERENCE, (_, name: string) => text(name));
  const [, driver = '', rest = ''] = /^dbi:(\w+)(?:\([^)]*\))?:?(.*)$/i.exec(dsn.trim()) ?? [];
  if (driver === '') throw unreadable('DatabaseDSN is not a data source name (DBI:mysql:…).');
  if (!/^(mysql|mariadb)$/i.test(driver)) throw unsupportedDatabase(driver);
  const options = { ...attributesOf(settings), ...dsnOptions(rest) };
  for (const name of DEFAULT_FILES)
    if (options[name])
      throw unreadable(
        `DatabaseDSN has ${name}, a file for the client library that is not read here. Write what it says into DatabaseDSN.`,
      );
  const database = options.database || options.dbname || options.db || text('Database');
  const host = options.host || options.hostname || 'localhost';
  const named = options.mysql_socket || options.mariadb_socket || options.socket;
  // The client library uses the socket for `localhost` even if a port is given.
  const socket = named || (host === 'localhost' ? localSocket(exists) : null);
  const port = Number(options.port || 3306);
  if (!Number.isInteger(port) || port < 1 || port > 65535) throw unreadable('DatabaseDSN has no valid port.');
  return {
    host: host === 'localhost' ? '127.0.0.1' : host,
    port,
    socket,
    database,
    user: text('DatabaseUser'),
    password: plainPassword(text('DatabasePw')),
    tls: databaseTls(options, readFile),
  };
}

/** Replaced in tests, and by root, who reads only what the helpdesk's user may read. */
export interface FileAccess {
  exists(path: string): boolean;
  readFile(path: string): Buffer;
}

const DEFAULT_FILES = ['mysql_read_default_file', 'mariadb_read_default_file'];

/** `Database::Attribute`: further options of the driver; those in the DSN take precedence. */
function attributesOf(settings: SettingHash): Record<string, string> {
  const attributes = settings['Database::Attribute'];
  if (!isHash(attributes)) return {};
  const texts = Object.entries(attributes).filter(
    (entry): entry is [string, string] => typeof entry[1] === 'string',
  );
  return Object.fromEntries(texts.map(([name, value]) => [name.toLowerCase(), value]));
}

/** Reads `database=otrs;host=db1;port=3306`, `otrs:db1:3306` or `otrs;host=db1`. */
function dsnOptions(text: string): Record<string, string> {
  const options: Record<string, string> = {};
  for (const part of text.split(';').map((piece) => piece.trim())) {
    const equals = part.indexOf('=');
    if (equals > 0) options[part.slice(0, equals).toLowerCase()] = part.slice(equals + 1);
    else if (part !== '' && equals === -1) {
      const [database = '', host = '', port = ''] = part.split(':');
      Object.assign(options, { database }, host && { host }, port && { port });
    }
  }
  return options;
}

/**
 * `{…}` is a password obfuscated by Maint::Database::PasswordCrypt: hex digits with the nibbles of each byte
 * swapped and every bit inverted. It is not encryption; the helpdesk itself reads it the same way.
 */
function plainPassword(stored: string): string {
  const [, hidden] = /^\{([\da-fA-F]*)\}$/.exec(stored) ?? [];
  if (hidden === undefined) return stored;
  const bytes = (hidden.match(/../g) ?? []).map(
    (pair) => ~Number.parseInt(`${pair[1]}${pair[0]}`, 16) & 0xff,
  );
  return Buffer.from(bytes).toString('utf8');
}

/** @param driver of DBI: `Pg`, `Oracle`, `ODBC` */
const unsupportedDatabase = (driver: string): SidecarError =>
  new SidecarError('helpdesk-unsupported', {
    detail: [
      `The helpdesk keeps its data in ${/^pg$/i.test(driver) ? 'PostgreSQL (DBI:Pg)' : `DBI:${driver}`}, but the sidecar supports MySQL and MariaDB only.`,
      'Move its database to MariaDB first, or keep using what the helpdesk itself offers for OAuth2.',
    ],
  });

const unreadable = (detail: string): SidecarError =>
  new SidecarError('config-unreadable', { detail: `Kernel/Config.pm: ${detail}` });
