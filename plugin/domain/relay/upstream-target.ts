import type { MailType } from '../mailbox/mailbox.js';

/** One sign-in of the relay at a provider's mail server. Adapter: plugin/mail/upstream.ts. */
export interface UpstreamTarget {
  type: MailType;
  host: string;
  port: number;
  login: string;
  /** The connection begins while it is obtained. */
  accessToken: string | Promise<string>;
  /** Our name in EHLO. */
  helloName: string;
  /** Aborted when nobody needs the connection any more: it is closed at once. */
  signal?: AbortSignal | undefined;
}
