import type { ServiceAccount } from '../configuration/service-account.js';

/** One request to a token endpoint. Adapter: plugin/oauth. */
export interface TokenRequest {
  url: string;
  /** `aud` of an assertion; without it `url`. */
  audience?: string;
  /** Parameters of the body as the document says, including grant_type, without the client's. */
  parameters: Record<string, string>;
  /** The client's credentials and the names of their parameters. */
  client: {
    id: string;
    secret: string;
    idParameter: string;
    secretParameter: string;
    /** Thumbprints of the client's certificates, which are tried in this order before the secret. */
    certificates?: readonly string[];
    /** A service account, whose assertion is the grant; then client ID and secret are not sent. */
    serviceAccount?: ServiceAccount & { scope: string };
  };
  /** Values that must not appear in any stored text of the answer. */
  secrets: string[];
  /** For a request whose answer must not be missed: once it is sent, the refresh token counts as used. */
  sending?: {
    /**
     * Called when the connection stands, right before the request is sent; if it throws, the request ends.
     */
    check(): void;
    /**
     * How long to wait for an answer, in milliseconds. Until the request is sent, the usual time-out applies.
     */
    listenMs: number;
    /** Called at the usual time-out while the request still waits for the answer. */
    late?(): void;
  };
}

export interface TokenEndpoint {
  /**
   * Posts the request form-encoded (RFC 6749 §3.2) and returns the JSON object of a success.
   * @throws ProviderError with the outcome class
   */
  post(request: TokenRequest): Promise<Record<string, unknown>>;
}
