import { createHash, createPrivateKey, type KeyObject, X509Certificate } from 'node:crypto';
import type { CertificateFacts } from '../domain/provider/client-keys.js';
import { SidecarError } from '../errors.js';
import { isUsableRsaKey, LONGEST, SHORTEST } from './rsa-key.js';

/** A private key and the certificate that belongs to it. */
export interface KeyPair {
  key: KeyObject;
  certificate: X509Certificate;
  thumbprint: string;
}

export const unusable = (detail: string, cause?: unknown): SidecarError =>
  new SidecarError('certificate-unusable', { detail, cause });

const BLOCKS = /-----BEGIN CERTIFICATE-----[\s\S]*?-----END CERTIFICATE-----/g;
const KEY = /-----BEGIN [A-Z ]*PRIVATE KEY-----[\s\S]*?-----END [A-Z ]*PRIVATE KEY-----/;

function keyIn(text: string, password: string): KeyObject {
  const [pem] = KEY.exec(text) ?? [];
  if (!pem) throw unusable('The file contains no private key.');
  try {
    return createPrivateKey({ key: pem, passphrase: password });
  } catch {
    // OpenSSL's text may quote what it has read.
    throw unusable('The private key cannot be read. The password may be missing or wrong.');
  }
}

function certificateFor(text: string, key: KeyObject): X509Certificate {
  const blocks = text.match(BLOCKS) ?? [];
  if (blocks.length === 0) throw unusable('The file contains no certificate.');
  for (const block of blocks) {
    let certificate: X509Certificate;
    try {
      certificate = new X509Certificate(block);
    } catch {
      throw unusable('A certificate in the file cannot be read.');
    }
    // A file may contain the certificates of the authorities as well.
    if (certificate.checkPrivateKey(key)) return certificate;
  }
  throw unusable('The certificate does not belong to the private key.');
}

const thumbprintOf = (certificate: X509Certificate): string =>
  createHash('sha256').update(certificate.raw).digest('base64url');

/**
 * Reads a pair from a PEM text.
 * @param password of an encrypted key; '' if there is none
 * @throws SidecarError certificate-unusable
 */
export function readKeyPair(text: string, password = ''): KeyPair {
  const key = keyIn(text, password);
  if (!isUsableRsaKey(key)) throw unusable(`The key must be an RSA key of ${SHORTEST} to ${LONGEST} bits.`);
  const certificate = certificateFor(text, key);
  return { key, certificate, thumbprint: thumbprintOf(certificate) };
}

/** The pair as it is stored: an unencrypted key (PKCS #8) and its certificate. */
export const writeKeyPair = ({ key, certificate }: KeyPair): string =>
  `${key.export({ type: 'pkcs8', format: 'pem' })}${certificate}`;

export const factsOf = ({ certificate, thumbprint }: KeyPair): CertificateFacts => ({
  thumbprint,
  sha1: certificate.fingerprint.replaceAll(':', ''),
  validFrom: new Date(certificate.validFrom),
  validTo: new Date(certificate.validTo),
  pem: String(certificate),
});
