import { secretEndsAt } from './client-secret-end.js';
import type { TokenConfigDocument } from './token-config.js';

/** A certificate with which the client proves its identity (RFC 7523); its private key is not in the database. */
export interface ClientCertificate {
  /** SHA-256 of the certificate in base64url, as in the header `x5t#S256` (RFC 7515 §4.1.8). */
  thumbprint: string;
  /** The day on which it expires, `YYYY-MM-DD`; '' if the document does not say. */
  expires: string;
}

const THUMBPRINT = /^[\w-]{43}$/;

/** Is it a thumbprint in this form? It is also the name of a file. */
export const isThumbprint = (text: string): boolean => THUMBPRINT.test(text);

/** The certificates of a document, the newest first. A list that others have edited may hold anything. */
export function certificatesOf({ Sidecar }: TokenConfigDocument): ClientCertificate[] {
  const list: unknown = Sidecar?.Certificates;
  if (!Array.isArray(list)) return [];
  return list.flatMap((entry: unknown) => {
    const { Thumbprint, Expires } = (entry ?? {}) as Record<string, unknown>;
    if (typeof Thumbprint !== 'string' || !isThumbprint(Thumbprint)) return [];
    return [{ thumbprint: Thumbprint, expires: secretEndsAt(Expires) ? String(Expires) : '' }];
  });
}

/** The document with other certificates. */
export function withCertificates(
  document: TokenConfigDocument,
  certificates: readonly ClientCertificate[],
): TokenConfigDocument {
  const { Certificates: _before, ...options } = document.Sidecar ?? {};
  const list = certificates.map(({ thumbprint, expires }) => ({ Thumbprint: thumbprint, Expires: expires }));
  return { ...document, Sidecar: { ...options, ...(list.length > 0 ? { Certificates: list } : {}) } };
}

/** Which of the client's credentials ends first, and when; null: none whose end is known. */
export function credentialEnd(
  document: TokenConfigDocument,
): { end: Date; what: 'secret' | 'certificate' } | null {
  const certificates = certificatesOf(document).map(({ expires }) => ({
    end: secretEndsAt(expires),
    what: 'certificate' as const,
  }));
  const secret = { end: secretEndsAt(document.Sidecar?.ClientSecretExpires), what: 'secret' as const };
  const known = [...certificates, secret].flatMap(({ end, what }) => (end ? [{ end, what }] : []));
  return known.sort((left, right) => left.end.getTime() - right.end.getTime())[0] ?? null;
}
