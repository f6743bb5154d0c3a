import type { MailFaultCode } from '../domain/mailbox/mailbox.js';

/** Ends a step. `said` is the server's own text, or an error code of Node. */
export class MailFault extends Error {
  constructor(
    readonly code: MailFaultCode,
    readonly said = '',
    /** The harmless fields of the server's answer to a refused token, as JSON. */
    readonly challenge: string | null = null,
  ) {
    super(`${code} ${said}`.trim());
  }
}

const BY_CODE: Record<string, MailFaultCode> = {
  ENOTFOUND: 'host-unknown',
  EAI_AGAIN: 'host-unknown',
  EAI_FAIL: 'host-unknown',
  EAI_NODATA: 'host-unknown',
  ECONNREFUSED: 'connection-refused',
  EHOSTUNREACH: 'unreachable',
  ENETUNREACH: 'unreachable',
  EADDRNOTAVAIL: 'unreachable',
  EACCES: 'unreachable',
  EPERM: 'unreachable',
  ETIMEDOUT: 'timeout',
  ECONNRESET: 'closed',
  EPIPE: 'closed',
};

/**
 * Converts an error of Node to a MailFault. Codes that are not listed come from TLS or a closed connection.
 */
export function mailFault(error: unknown): MailFault {
  if (error instanceof MailFault) return error;
  const code = String((error as NodeJS.ErrnoException | null)?.code ?? '');
  return new MailFault(BY_CODE[code] ?? (/SSL|TLS/.test(code) ? 'tls-failed' : 'closed'), code);
}
