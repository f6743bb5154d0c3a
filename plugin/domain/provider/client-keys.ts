/** In bytes; a key and a chain of certificates are a few kilobytes. */
export const LARGEST_KEY_FILE = 64 * 1024;

/** What is signed to prove a client's identity to a token endpoint (RFC 7523 §2.2). */
export interface AssertionFacts {
  clientId: string;
  /** The token endpoint. */
  audience: string;
  now: Date;
}

/** `unsafe`: others may read or change the file, or it belongs to somebody else. `damaged`: no pair of key and certificate. */
export type KeyState = 'usable' | 'missing' | 'unsafe' | 'damaged';

/** A certificate as it is shown to people. */
export interface CertificateFacts {
  /** SHA-256 in base64url. */
  thumbprint: string;
  /** SHA-1 in hexadecimal: what the Entra admin centre calls the thumbprint. */
  sha1: string;
  validFrom: Date;
  validTo: Date;
  /** The certificate alone, as PEM, to be uploaded to the provider. */
  pem: string;
}

/** The private keys of client certificates, by thumbprint. They never leave this port. Adapter: plugin/oauth. */
export interface ClientKeys {
  /**
   * @returns a signed assertion
   * @throws ProviderError client-rejected with `certificate_missing`, `certificate_unsafe` or `certificate_expired`;
   *   SidecarError internal: the file could not be read for another reason
   */
  sign(thumbprint: string, facts: AssertionFacts): Promise<string>;
  /** @throws SidecarError internal: the file could not be read */
  state(thumbprint: string): Promise<KeyState>;
  /** null: there is no usable key. */
  facts(thumbprint: string): Promise<CertificateFacts | null>;
  /**
   * Makes an RSA key and a self-signed certificate, and stores both.
   * @throws SidecarError certificate-unusable
   */
  create(days: number): Promise<CertificateFacts>;
  /**
   * Stores an existing pair.
   * @param content PEM with key and certificate, or PFX (PKCS #12)
   * @param password '' if there is none
   * @throws SidecarError certificate-unusable
   */
  take(content: Uint8Array, password: string, now: Date): Promise<CertificateFacts>;
  remove(thumbprint: string): Promise<void>;
}
