/** What a server answered, or why it did not. */
export type HttpAnswer =
  | {
      status: number;
      /** The beginning of the body, as one line. */
      text: string;
      /** Retry-After in milliseconds; null: none. */
      retryAfter: number | null;
    }
  /** A code of Node or OpenSSL; EADDRESSREFUSED: the address is not allowed. */
  | { code: string };

/** Sends one request under the same rules as requests to providers. Never rejects. Adapter: plugin/oauth. */
export type HttpSender = (request: {
  url: URL;
  method: 'GET' | 'POST';
  headers?: Record<string, string>;
  body?: string;
}) => Promise<HttpAnswer>;
