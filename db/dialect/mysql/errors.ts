import { SidecarError } from '../../../plugin/errors.js';
import { inEnglish, type Phrase, phrase } from '../../../plugin/lib/phrase.js';
import type { Errors } from '../errors.js';
import { NETWORK_ERRORS } from '../network-errors.js';
import { OtherServer, READ_ONLY, silentServer } from '../wrong-server.js';
import { UnprovenServer } from './guard-password.js';

interface MysqlError {
  code?: string;
  errno?: number;
  sqlState?: string;
  message?: string;
  /** Of the network: what failed. */
  syscall?: string;
  /** The connection is no longer usable. */
  fatal?: boolean;
}

/** The server is unreachable, refuses the connection, is shutting down or overloaded. */
const AWAY = new Set([
  ...NETWORK_ERRORS,
  'PROTOCOL_CONNECTION_LOST',
  'PROTOCOL_ENQUEUE_AFTER_FATAL_ERROR',
  'PROTOCOL_ENQUEUE_AFTER_QUIT',
  'PROTOCOL_SEQUENCE_TIMEOUT',
  'ER_CON_COUNT_ERROR',
  'ER_TOO_MANY_USER_CONNECTIONS',
  'ER_USER_LIMIT_REACHED',
  'ER_SERVER_SHUTDOWN',
  'ER_HOST_IS_BLOCKED',
  'ER_HOST_NOT_PRIVILEGED',
  'ER_CONNECTION_KILLED',
  'ER_OPTION_PREVENTS_STATEMENT',
  // A node that its Galera cluster has excluded accepts no statements.
  'ER_UNKNOWN_COM_ERROR',
]);

/** The data, the session or the transaction may not be changed. */
const READ_ONLY_CODES = new Set([
  'ER_CANT_EXECUTE_IN_READ_ONLY_TRANSACTION',
  'ER_READ_ONLY_MODE',
  'ER_INNODB_READ_ONLY',
  'ER_OPEN_AS_READONLY',
]);
/** @param message names the option, as it is written, in every language of the server: `--read-only` */
const isReadOnly = (code: string, message = ''): boolean =>
  READ_ONLY_CODES.has(code) || (code === 'ER_OPTION_PREVENTS_STATEMENT' && /read.only/i.test(message));

/** The server answers, but another transaction blocks this statement; other statements are not affected. */
const BUSY = new Set(['ER_LOCK_DEADLOCK', 'ER_LOCK_WAIT_TIMEOUT', 'ER_QUERY_INTERRUPTED', 'ER_CHECKREAD']);

const REFUSED = new Set([
  'ER_DBACCESS_DENIED_ERROR',
  'ER_BAD_DB_ERROR',
  'AUTH_SWITCH_PLUGIN_ERROR',
  'MYSQL_CLEAR_PASSWORD_NOT_ENABLED',
]);

/** The user is authenticated, but not permitted to do this (db/grants.ts). */
const DENIED = ['ER_TABLEACCESS_DENIED_ERROR', 'ER_COLUMNACCESS_DENIED_ERROR'];
const NOT_GRANTED = new Set([...DENIED, 'ER_SPECIFIC_ACCESS_DENIED_ERROR']);

/** MySQL and MariaDB send either of these, depending on the version. */
const REFERENCED = ['ER_ROW_IS_REFERENCED', 'ER_ROW_IS_REFERENCED_2'];
const FOREIGN_SCHEMA = new Set(['ER_NO_SUCH_TABLE', 'ER_BAD_FIELD_ERROR', 'ER_BAD_TABLE_ERROR']);
const TOO_LONG = new Set(['ER_DATA_TOO_LONG', 'ER_NET_PACKET_TOO_LARGE']);

/** A character that the column's character set lacks. No value of a wrong type is ever sent. */
const UNSTORABLE = new Set(['ER_TRUNCATED_WRONG_VALUE_FOR_FIELD', 'ER_CANNOT_CONVERT_STRING']);

/** The driver's code, such as ER_DUP_ENTRY; undefined for anything that is not an error of the driver. */
const codeOf = (error: unknown): string | undefined => (error as MysqlError | null)?.code;

/** The explanation if the two sides do not agree on TLS, or may not. */
function tlsFailure(code: string, error: unknown): Phrase | null {
  if (code === 'ER_SECURE_TRANSPORT_REQUIRED')
    return phrase(
      'It accepts only encrypted connections. Add mysql_ssl=1 to DatabaseDSN in Kernel/Config.pm; the helpdesk needs it, too.',
    );
  if (code === 'HANDSHAKE_NO_SSL_SUPPORT')
    return phrase(
      'It offers no encryption, but DatabaseDSN requires it (mysql_ssl=1). Enable TLS on the database server.',
    );
  if (code === 'HANDSHAKE_SSL_ERROR')
    return phrase(
      'Its certificate was not accepted: %s. Check the files that DatabaseDSN names (mysql_ssl_ca_file, mysql_ssl_client_cert, mysql_ssl_client_key).',
      String((error as Error).message).slice(0, 200),
    );
  // The server sends the same error for all three.
  if (code === 'ER_ACCESS_DENIED_ERROR')
    return phrase(
      'It rejects the user name or password, or requires TLS or a client certificate for this user. Check Kernel/Config.pm (DatabasePw, and mysql_ssl in DatabaseDSN). If the sidecar has its own database user, run "znuny-oauth2 install".',
    );
  return null;
}

function translate(error: unknown, what: string): unknown {
  if (error instanceof SidecarError) return error;
  const { code, errno, fatal, message, syscall } = (error ?? {}) as MysqlError;
  const log = `${what}: ${code ?? 'no code'}${errno === undefined ? '' : ` (${errno})`}`;
  if (error instanceof UnprovenServer || error instanceof OtherServer)
    return new SidecarError('database-unavailable', {
      detail: error.detail,
      log: `${log}: ${inEnglish(error.detail)}`,
    });
  // A rollback on a broken connection: the driver sets no code and would hide the one of the break.
  if (code === undefined && fatal === true) return new SidecarError('database-unavailable', { log });
  if (code === undefined) return error;
  if (code === 'ENOENT')
    return new SidecarError('database-unavailable', {
      detail: phrase(
        'Its socket is missing: %s. Start the database server. If its socket is elsewhere, name it in DatabaseDSN in Kernel/Config.pm (mysql_socket=/path/of/the/socket). If it is reached through a TCP port, write host=127.0.0.1 there instead of localhost.',
        String((error as { address?: string }).address ?? ''),
      ),
      log,
    });
  if (code === 'ETIMEDOUT' && syscall === 'connect')
    return new SidecarError('database-unavailable', { detail: silentServer('MySQL/MariaDB'), log });
  if (isReadOnly(code, message)) return new SidecarError('database-unavailable', { detail: READ_ONLY, log });
  if (AWAY.has(code)) return new SidecarError('database-unavailable', { log });
  if (BUSY.has(code)) return new SidecarError('database-busy', { log });
  const tls = tlsFailure(code, error);
  if (tls) return new SidecarError('database-unavailable', { detail: tls, log: `${log}: ${inEnglish(tls)}` });
  if (REFUSED.has(code))
    return new SidecarError('database-unavailable', {
      detail: phrase(
        'It rejects the user name or password, or the database does not exist. Check Kernel/Config.pm. If the sidecar has its own database user, run "znuny-oauth2 install".',
      ),
      log: `${log}: the database refuses the user or its password, or has no such database`,
    });
  if (NOT_GRANTED.has(code)) return new SidecarError('database-right-missing', { log });
  if (FOREIGN_SCHEMA.has(code)) return new SidecarError('schema-unknown', { log });
  if (TOO_LONG.has(code)) return new SidecarError('value-too-long', { log });
  if (UNSTORABLE.has(code)) return new SidecarError('invalid-token-config', { log });
  if (code.startsWith('ER_') || code.startsWith('WARN_')) return new SidecarError('internal', { log });
  return error;
}

const is =
  (...codes: string[]) =>
  (error: unknown): boolean =>
    codes.includes(codeOf(error) ?? '');

const isBusyCode = is(...BUSY);

/** The table already has an index of this name. */
export const isIndexThere = is('ER_DUP_KEYNAME');

export const errors: Errors = {
  translate,
  isBusy: (error) => (error instanceof SidecarError ? error.code === 'database-busy' : isBusyCode(error)),
  isCollision: is('ER_LOCK_DEADLOCK'),
  isDuplicate: is('ER_DUP_ENTRY'),
  isReferenced: is(...REFERENCED),
  isDenied: is(...DENIED),
  isTableMissing: is('ER_NO_SUCH_TABLE'),
};
