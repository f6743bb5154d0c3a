import { SidecarError } from '../../../plugin/errors.js';
import { inEnglish, type Phrase, phrase } from '../../../plugin/lib/phrase.js';
import type { Errors } from '../errors.js';
import { NETWORK_ERRORS } from '../network-errors.js';
import { OtherServer, READ_ONLY, silentServer } from '../wrong-server.js';
import { UnprovenServer } from './guard-password.js';

interface PostgresError {
  /** SQLSTATE (appendix A of the manual), or Node's code of a network error. */
  code?: string;
  /** Only errors that the server has sent have one. */
  severity?: string;
  message?: string;
  /** The path of a socket that is missing. */
  address?: string;
}

/** The server is unreachable, refuses the connection, is shutting down or overloaded. */
const AWAY = /^(?:08...|57P0[1235]|53300|53400|25P03)$/;
/** The server is a standby, or the database, the user or the transaction may not write. */
const IS_READ_ONLY = '25006';

/** Another transaction blocks this statement, or somebody cancelled it; other statements are not affected. */
const BUSY = new Set(['55P03', '57014', '40001', '40P01']);
const COLLISION = ['40001', '40P01'];

/** The user, its password, or the database. */
const REFUSED = /^(?:28...|3D000)$/;
const DENIED = '42501';
const FOREIGN_SCHEMA = new Set(['42P01', '42703', '3F000']);
const TOO_LONG = new Set(['22001', '54000']);
/** A character that the database's encoding lacks; U+0000 in every encoding. */
const UNSTORABLE = new Set(['22021', '22P05']);

/**
 * What the driver says without a code when a connection is lost. Knex puts the statement with its values before it.
 */
const LOST =
  /(?:^| - )(Connection terminated(?: unexpectedly)?|Connection ended unexpectedly|Client (?:has encountered a connection error|was closed) and is not queryable|The server does not support SSL connections)$/;

/** What it says when a connection is not made in time. */
const NOT_IN_TIME = /(?:^| - )(?:timeout expired|Connection terminated due to connection timeout)$/;

/** A server that was built without encryption, or has it switched off. */
export const NO_ENCRYPTION = /^The server does not support SSL/;

/** Node's codes for a certificate that is not accepted. */
const CERTIFICATE = /^(?:DEPTH_ZERO_|SELF_SIGNED_|UNABLE_TO_|CERT_|ERR_TLS_|ERR_SSL_|ERR_OSSL_)/;

const codeOf = (error: unknown): string | undefined => (error as PostgresError | null)?.code;

/** The explanation if no connection is possible with these settings. */
function refusal({ code = '', message = '', address = '' }: PostgresError): Phrase | null {
  if (code === 'ENOENT')
    return phrase(
      'Its socket is missing: %s. Start the database server. If its socket is elsewhere, name its folder in DatabaseDSN in Kernel/Config.pm (host=/path/of/the/folder). If it is reached through a TCP port, write host=127.0.0.1 there.',
      address,
    );
  if (CERTIFICATE.test(code))
    return phrase(
      'Its certificate was not accepted: %s. Check the files that DatabaseDSN names (sslrootcert, sslcert, sslkey).',
      message.slice(0, 200),
    );
  if (NO_ENCRYPTION.test(message))
    return phrase(
      'It offers no encryption, but DatabaseDSN requires it (sslmode). Enable TLS on the database server.',
    );
  if (REFUSED.test(code) || /^SASL: .*password/.test(message))
    return phrase(
      'It rejects the user name or password, or the database does not exist. Check Kernel/Config.pm. If the sidecar has its own database user, run "znuny-oauth2 install".',
    );
  return null;
}

function translate(error: unknown, what: string): unknown {
  if (error instanceof SidecarError) return error;
  const { code, severity, message = '', address } = (error ?? {}) as PostgresError;
  const log = `${what}: ${code ?? 'no code'}`;
  if (error instanceof UnprovenServer || error instanceof OtherServer)
    return new SidecarError('database-unavailable', {
      detail: error.detail,
      log: `${log}: ${inEnglish(error.detail)}`,
    });
  const refused = refusal({ ...(code ? { code } : {}), ...(address ? { address } : {}), message });
  if (refused)
    return new SidecarError('database-unavailable', {
      detail: refused,
      log: `${log}: ${inEnglish(refused)}`,
    });
  if (NOT_IN_TIME.test(message))
    return new SidecarError('database-unavailable', {
      detail: silentServer('PostgreSQL'),
      log: `${log}: ${message}`,
    });
  const [, lost] = LOST.exec(message) ?? [];
  if (code === undefined)
    return lost ? new SidecarError('database-unavailable', { log: `${log}: ${lost}` }) : error;
  if (NETWORK_ERRORS.includes(code)) return new SidecarError('database-unavailable', { log });
  if (severity === undefined) return error;
  if (code === IS_READ_ONLY) return new SidecarError('database-unavailable', { detail: READ_ONLY, log });
  if (AWAY.test(code)) return new SidecarError('database-unavailable', { log });
  if (BUSY.has(code)) return new SidecarError('database-busy', { log });
  if (code === DENIED) return new SidecarError('database-right-missing', { log });
  if (FOREIGN_SCHEMA.has(code)) return new SidecarError('schema-unknown', { log });
  if (TOO_LONG.has(code)) return new SidecarError('value-too-long', { log });
  if (UNSTORABLE.has(code)) return new SidecarError('invalid-token-config', { log });
  return new SidecarError('internal', { log });
}

/** What the driver says to a program of another kind, where it says the same each time. */
const NO_ANSWER_TO_ENCRYPTION = 'There was an error establishing an SSL connection';

/**
 * While a connection is made: what answers does not speak this protocol. The driver takes its first byte for the name of
 * a message and stumbles over the rest in many ways, but whatever a server or the network reports has a code.
 */
export function isOtherProtocol(error: unknown): boolean {
  if (!(error instanceof Error) || error instanceof SidecarError || error instanceof UnprovenServer)
    return false;
  const { code, message } = error as PostgresError & Error;
  if (message === NO_ANSWER_TO_ENCRYPTION) return true;
  const isKnown = [LOST, NOT_IN_TIME, NO_ENCRYPTION, /^SASL: /].some((known) => known.test(message));
  return code === undefined && !isKnown;
}

const is =
  (...codes: string[]) =>
  (error: unknown): boolean =>
    codes.includes(codeOf(error) ?? '');

const isBusyCode = is(...BUSY);

/**
 * After an INSERT: the row refers to one that does not exist. After a DELETE: another row still refers to it. Only the
 * server's text tells them apart, and it is in the server's language (lc_messages).
 */
export const isForeignKey = is('23503');

/** Two processes have created the same table at the same moment. */
export const isCreatedMeanwhile = is('42P07', '23505', '42710');

export const errors: Errors = {
  translate,
  isBusy: (error) => (error instanceof SidecarError ? error.code === 'database-busy' : isBusyCode(error)),
  isCollision: is(...COLLISION),
  isDuplicate: is('23505'),
  isReferenced: isForeignKey,
  isDenied: is(DENIED),
  isTableMissing: is('42P01'),
};
