import type { DatabaseCredentials, DatabaseTls } from '../domain/helpdesk/database-credentials.js';
import { SidecarError } from '../errors.js';
import { pem } from './pem.js';

/**
 * Where the client libraries of the distributions look for the socket of this machine's server. Not in /tmp, the
 * default of a server built from source: while the server is stopped, any local user could create a socket there.
 */
export const USUAL_SOCKET_FOLDERS: readonly string[] = Object.freeze([
  '/var/run/postgresql',
  '/run/postgresql',
]);

export const USUAL_POSTGRES_PORT = 5432;

/** Options that change where the connection leads, or what it demands, in ways that the sidecar does not follow. */
const NOT_FOLLOWED: Record<string, string> = {
  service: 'which lets the client library read pg_service.conf',
  passfile: 'which lets the client library read a file of passwords',
  hostaddr: 'which leads to another address than host',
  target_session_attrs: 'which chooses one of several servers',
  load_balance_hosts: 'which chooses one of several servers',
  options: 'which changes the session',
  sslcrl: 'a list of revoked certificates',
  sslcrldir: 'a folder with lists of revoked certificates',
  sslpassword: 'a password of the key',
};

/** Demands on the connection that the sidecar's driver does not check: with these values, and not with others. */
const NOT_DEMANDED: Record<string, RegExp> = {
  channel_binding: /^require$/,
  gssencmode: /^require$/,
  require_auth: /./,
  ssl_min_protocol_version: /./,
};

/**
 * Reads DatabaseDSN as DBD::Pg and its client library would.
 * @param rest DatabaseDSN without `DBI:Pg:`
 * @param fallback the setting Database
 * @throws SidecarError config-unreadable, which says what is wrong
 */
export function postgresCredentials(
  rest: string,
  fallback: () => string,
  readFile: (file: string) => Buffer,
): Omit<DatabaseCredentials, 'user' | 'password'> {
  const options = dsnOptions(rest);
  for (const [name, what] of Object.entries(NOT_FOLLOWED))
    if (options[name])
      throw unreadable(
        `DatabaseDSN has ${name}, ${what}. The sidecar does not follow it. Leave it out, and name host, port and dbname.`,
      );
  for (const [name, values] of Object.entries(NOT_DEMANDED))
    if (values.test(options[name] ?? ''))
      throw unreadable(
        `DatabaseDSN has ${name}, a demand on the connection that the sidecar cannot check. Leave it out, and write sslmode=verify-full to be sure of the server.`,
      );
  const { host = '' } = options;
  if (host.includes(',') || options.port?.includes(','))
    throw unreadable('DatabaseDSN names several hosts. Name the one that may write.');
  const port = Number(options.port || USUAL_POSTGRES_PORT);
  if (!Number.isInteger(port) || port < 1 || port > 65535) throw unreadable('DatabaseDSN has no valid port.');
  const socket = host === '' ? USUAL_SOCKET_FOLDERS : host.startsWith('/') ? host : null;
  return {
    family: 'postgres',
    host: socket === null ? host : 'localhost',
    port,
    socket,
    database: options.dbname || fallback(),
    // No certificate is issued for a socket, and the server offers no encryption there.
    tls: socket === null ? postgresTls(options, readFile) : null,
  };
}

const SAME_AS = new Map([
  ['db', 'dbname'],
  ['database', 'dbname'],
]);

/** One `name = value`. In quotation marks, a value may contain blanks and semicolons; `\` keeps the next character. */
const PAIR = /([\w]+)\s*=\s*(?:'((?:[^'\\]|\\.)*)'|"([^"]*)"|((?:[^\s;'"\\]|\\.)*))/g;

/**
 * Reads `dbname=otrs;host=db1;port=5432` or `dbname=otrs host=db1`. The last of several values is used.
 * @throws SidecarError config-unreadable for anything else
 */
function dsnOptions(text: string): Record<string, string> {
  const options: Record<string, string> = {};
  for (const [, name = '', quoted, doubled, plain = ''] of text.matchAll(PAIR))
    options[SAME_AS.get(name) ?? name] = doubled ?? (quoted ?? plain).replace(/\\(.)/g, '$1');
  if (/[^\s;]/.test(text.replace(PAIR, '')))
    throw unreadable(
      'DatabaseDSN must consist of options such as dbname=otrs;host=127.0.0.1;port=5432 after DBI:Pg:.',
    );
  return options;
}

const MODES = ['disable', 'allow', 'prefer', 'require', 'verify-ca', 'verify-full'];

/**
 * Reads the options of encryption with the client library's meaning: without sslmode, the connection is encrypted if
 * the server offers it; `require` with a file of authorities also checks the certificate.
 */
function postgresTls(
  options: Record<string, string>,
  readFile: (file: string) => Buffer,
): DatabaseTls | null {
  const mode = options.sslmode || (options.requiressl === '1' ? 'require' : 'prefer');
  if (!MODES.includes(mode))
    throw unreadable(`DatabaseDSN has sslmode=${mode}. It must be one of ${MODES.join(', ')}.`);
  if (mode === 'disable') return null;
  const file = (name: string): string | null =>
    options[name] && options[name] !== 'system' ? pem(options[name], name, readFile) : null;
  const isOptional = mode === 'allow' || mode === 'prefer';
  const ca = isOptional ? null : file('sslrootcert');
  if (mode.startsWith('verify-') && !options.sslrootcert)
    throw unreadable(
      `DatabaseDSN has sslmode=${mode} without sslrootcert, the file of the authority that signed the server's certificate.`,
    );
  const checksName = mode === 'verify-full' || options.sslrootcert === 'system';
  return {
    isOptional,
    ca,
    cert: file('sslcert'),
    key: file('sslkey'),
    ciphers: null,
    checksCertificate: checksName || mode === 'verify-ca' || ca !== null,
    checksName,
  };
}

const unreadable = (detail: string): SidecarError =>
  new SidecarError('config-unreadable', { detail: `Kernel/Config.pm: ${detail}` });
