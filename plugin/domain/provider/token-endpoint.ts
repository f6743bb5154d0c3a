/** One request to a token endpoint. Adapter: plugin/oauth. */
export interface TokenRequest {
  url: string;
  /** Parameters of the body without those of the client, grant_type included, as the document says. */
  parameters: Record<string, string>;
  /** The client's credentials and the names of their parameters. */
  client: { id: string; secret: string; idParameter: string; secretParameter: string };
  /** Values that must not appear in any text of the answer that is kept. */
  secrets: string[];
  /** Where a request that was sent must be heard out: the refresh token counts as used from then on. */
  sending?: {
    /** Asked when the connection stands, right before anything is sent; what it throws ends the request. */
    check(): void;
    /** How long an answer is listened for, in milliseconds. Until the request is sent the usual time-out holds. */
    listenMs: number;
    /** Called at the usual time-out while the answer is still listened for. */
    late?(): void;
  };
}

export interface TokenEndpoint {
  /**
   * Posts form-encoded (RFC 6749 §3.2) and returns the JSON object of a success.
   * @throws ProviderError with the outcome class
   */
  post(request: TokenRequest): Promise<Record<string, unknown>>;
}
