import type { KeyState } from './client-keys.js';

/** What is signed to get a token for a mailbox (RFC 7523 §2.1). */
interface GrantFacts {
  /** `kid`: the ID that Google gave the key. */
  keyId: string;
  /** `iss`: the service account's e-mail address. */
  account: string;
  /** `sub`: the mailbox. */
  mailbox: string;
  /** Separated by spaces. */
  scope: string;
  /** The token endpoint. */
  audience: string;
  now: Date;
}

/** A key file of Google without its key. */
export interface ServiceAccountFacts {
  /** SHA-256 of the public key in base64url. */
  key: string;
  keyId: string;
  /** The service account's e-mail address. */
  account: string;
  /** The numeric client ID that domain-wide delegation names. */
  clientId: string;
}

/** The private keys of service accounts. They never leave this port. Adapter: plugin/oauth. */
export interface ServiceAccountKeys {
  /**
   * @returns a signed assertion
   * @throws ProviderError client-rejected with `service_account_key_missing` or `service_account_key_unsafe`; SidecarError
   *   internal: the file could not be read for another reason
   */
  sign(key: string, facts: GrantFacts): Promise<string>;
  /** @throws SidecarError internal: the file could not be read */
  state(key: string): Promise<KeyState>;
  /**
   * Reads a key file of Google (JSON) without storing anything.
   * @throws SidecarError service-account-key-unusable
   */
  inspect(content: Uint8Array): Promise<ServiceAccountFacts>;
  /**
   * Stores the key of such a file.
   * @throws SidecarError service-account-key-unusable
   */
  take(content: Uint8Array): Promise<ServiceAccountFacts>;
  remove(key: string): Promise<void>;
}
