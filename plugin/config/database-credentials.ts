import type { DatabaseCredentials, DatabaseFamily } from '../domain/helpdesk/database-credentials.js';
import { SidecarError } from '../errors.js';
import { readRegularFileSync } from '../lib/regular-file.js';
import { databaseTls } from './database-tls.js';
import { postgresCredentials, USUAL_POSTGRES_PORT, USUAL_SOCKET_FOLDERS } from './postgres-credentials.js';
import { isHash, REFERENCE, type SettingHash } from './setting-values.js';

/**
 * Where the client libraries of the distributions (Debian, RHEL, SUSE) look for the socket of this machine's
 * server. Not in /tmp, MySQL's own default: while the server is stopped, any local user could create a socket
 * there and receive the password.
 */
export const USUAL_SOCKETS: readonly string[] = Object.freeze([
  '/run/mysqld/mysqld.sock',
  '/var/lib/mysql/mysql.sock',
  '/run/mysql/mysql.sock',
]);

interface Usual {
  /** Where this machine's server listens: sockets, or folders of them. */
  sockets: readonly string[];
  /** The socket at such a place, of the server with this port. */
  socketFile(place: string, port: number): string;
  port: number;
  /** Who may create users there. */
  admin: string;
  /** At its Unix socket, the server usually signs in the system user, under the same name and no other (peer). */
  signsInSystemUser: boolean;
}

const USUAL: Record<DatabaseFamily, Usual> = {
  mysql: {
    sockets: USUAL_SOCKETS,
    socketFile: (place) => place,
    port: 3306,
    admin: 'root',
    signsInSystemUser: false,
  },
  postgres: {
    sockets: USUAL_SOCKET_FOLDERS,
    socketFile: (place, port) => `${place}/.s.PGSQL.${port}`,
    port: USUAL_POSTGRES_PORT,
    admin: 'postgres',
    signsInSystemUser: true,
  },
};

/** What an admin need not name, because it is usual for this family of servers. */
export const usualOf = ({ family = 'mysql' }: { family?: DatabaseFamily }): Usual => USUAL[family];

/**
 * Reads DatabaseDSN, DatabaseUser and DatabasePw as DBD::mysql or DBD::Pg would.
 * @throws SidecarError config-unreadable if a part is missing; helpdesk-unsupported for a database other than
 *   MySQL, MariaDB and PostgreSQL
 */
export function databaseCredentials(
  settings: SettingHash,
  readFile: ReadFile = readRegularFileSync,
): DatabaseCredentials {
  const text = (name: string): string => {
    const value = settings[name] ?? null;
    if (typeof value === 'string') return value;
    throw unreadable(isHash(value) ? `${name} is not a text.` : `${name} is not set.`);
  };
  const dsn = text('DatabaseDSN').replace(REFERENCE, (_, name: string) => text(name));
  const [, driver = '', rest = ''] = /^dbi:(\w+)(?:\([^)]*\))?:?(.*)$/i.exec(dsn.trim()) ?? [];
  if (driver === '') throw unreadable('DatabaseDSN is not a data source name (DBI:mysql:…).');
  // After what is wrong with the DSN, which an admin needs to hear first.
  const signIn = () => ({ user: text('DatabaseUser'), password: plainPassword(text('DatabasePw')) });
  if (/^pg$/i.test(driver))
    return { ...postgresCredentials(rest, () => text('Database'), readFile), ...signIn() };
  if (!/^(mysql|mariadb)$/i.test(driver)) throw unsupportedDatabase(driver);
  const options = { ...attributesOf(settings), ...dsnOptions(rest) };
  for (const name of OPTION_FILES)
    if (options[name])
      throw unreadable(
        `DatabaseDSN has ${name}, which lets the client library read option files (my.cnf). They are not read here. Write what they say into DatabaseDSN, for example mysql_socket=….`,
      );
  const database = options.database || text('Database');
  const host = options.host || LOCAL;
  const port = Number(options.port || 3306);
  if (!Number.isInteger(port) || port < 1 || port > 65535) throw unreadable('DatabaseDSN has no valid port.');
  return {
    family: 'mysql',
    host,
    port,
    // For `localhost`, spelled exactly like this, the client library never uses a port, even if one is given.
    // For any other host it ignores a socket.
    socket: host === LOCAL ? options[`${driver.toLowerCase()}_socket`] || USUAL_SOCKETS : null,
    database,
    ...signIn(),
    tls: databaseTls(options, readFile),
  };
}

/** Root reads only what the helpdesk's user may read. */
export type ReadFile = (path: string) => Buffer;

const LOCAL = 'localhost';
const OPTION_FILES = ['mysql', 'mariadb'].flatMap((driver) => [
  `${driver}_read_default_file`,
  `${driver}_read_default_group`,
]);

/** `Database::Attribute`: further options of the driver; those in the DSN take precedence. */
function attributesOf(settings: SettingHash): Record<string, string> {
  const attributes = settings['Database::Attribute'];
  if (!isHash(attributes)) return {};
  const texts = Object.entries(attributes).filter(
    (entry): entry is [string, string] => typeof entry[1] === 'string',
  );
  return Object.fromEntries(texts.map(([name, value]) => [name.toLowerCase(), value]));
}

/**
 * Reads `database=otrs;host=db1;port=3306`, `otrs:db1:3306`, `otrs;host=db1` or `otrs:[::1]:3306`. As in
 * DBD::mysql, names are case-sensitive, the last of several values is used, and an IPv6 address needs brackets
 * and something after them: a colon separates like a semicolon.
 */
function dsnOptions(text: string): Record<string, string> {
  const options: Record<string, string> = {};
  for (let rest = text; rest !== ''; ) {
    const { field, after } = firstField(rest);
    rest = after;
    const equals = field.indexOf('=');
    const name =
      equals === -1
        ? ['database', 'host', 'port'].find((option) => options[option] === undefined)
        : (SAME_AS.get(field.slice(0, equals)) ?? field.slice(0, equals));
    if (name !== undefined) options[name] = field.slice(equals + 1);
  }
  return options;
}

const SAME_AS = new Map([
  ['hostname', 'host'],
  ['db', 'database'],
  ['dbname', 'database'],
]);

/** Colons and semicolons within brackets do not separate, if one follows the brackets. */
function firstField(text: string): { field: string; after: string } {
  const first = text.search(/[:;]/);
  if (first === -1) return { field: text, after: '' };
  const closing = Math.max(text.lastIndexOf(']:'), text.lastIndexOf('];'));
  const opening = text.indexOf('[');
  const end = opening !== -1 && opening < first && closing > opening ? closing + 1 : first;
  return { field: text.slice(0, end).replace(/[[\]]/g, ''), after: text.slice(end + 1) };
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
      `The helpdesk keeps its data in DBI:${driver}, but the sidecar supports MySQL, MariaDB and PostgreSQL only.`,
      'Move its database to one of them first, or keep using what the helpdesk itself offers for OAuth2.',
    ],
  });

const unreadable = (detail: string): SidecarError =>
  new SidecarError('config-unreadable', { detail: `Kernel/Config.pm: ${detail}` });
