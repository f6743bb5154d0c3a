import { readFileSync, statSync } from 'node:fs';
import { createSecureContext, type SecureContext } from 'node:tls';
import type { Log } from '../domain/log.js';
import { SidecarError } from '../errors.js';

/** PEM files: the certificate with its chain, and its key. */
export interface CertificateFiles {
  certificate: string;
  key: string;
}

/** Changes whenever one of the files, or who may read it, has changed. */
const markOf = (file: string): string => {
  try {
    const { ino, ctimeMs } = statSync(file);
    return `${ino} ${ctimeMs}`;
  } catch {
    // Missing, or in a folder that may not be read now.
    return 'none';
  }
};

/** Error code of the system or of OpenSSL: never a message, which may quote a file's content. */
const codeOf = (error: unknown): string => String((error as NodeJS.ErrnoException).code ?? 'unknown');

/**
 * Reads the certificate, and again whenever one of its files has changed. Renewals replace two files one after the other: while
 * they do not belong together, the certificate from before stays in use.
 * @throws (what it returns) SidecarError config-invalid: there has been no usable certificate yet
 */
export function createRelayCertificate(
  { certificate, key }: CertificateFiles,
  log: Pick<Log, 'error' | 'info'>,
): () => SecureContext {
  let mark = '';
  let context: SecureContext | undefined;
  let fault = '';

  function read(): void {
    try {
      context = createSecureContext({
        cert: readFileSync(certificate),
        key: readFileSync(key),
        minVersion: 'TLSv1.2',
      });
      if (fault !== '') log.info({}, 'the new certificate of the relay is in use');
      fault = '';
    } catch (error) {
      fault = codeOf(error);
      if (context)
        log.error({ code: fault, certificate, key }, 'the certificate from before stays in use at the relay');
    }
  }

  return () => {
    const now = `${markOf(certificate)} ${markOf(key)}`;
    if (now !== mark) {
      mark = now;
      read();
    }
    if (!context)
      throw new SidecarError('config-invalid', {
        detail: `The relay cannot use the certificate ${certificate} with the key ${key} (${fault}). Correct SIDECAR_RELAY_CERTIFICATE and SIDECAR_RELAY_KEY; the sidecar's user must be able to read both files.`,
      });
    return context;
  };
}
