import type { Agent } from './session.js';

/** The helpdesk's page around our content. */
export interface PageFrame {
  /**
   * Requests the page at once, so that the helpdesk works while our content is built.
   * @returns a function that puts content into the page; it resolves to null if the helpdesk does not answer
   */
  begin(agent: Agent, remoteAddress: string): (content: FramedContent) => Promise<string | null>;
}

export interface FramedContent {
  /** Escaped HTML: everything inside `.MainBox`, and notification boxes before it. */
  mainBox: string;
  notifications: string;
  /** Escaped HTML: the link that skips header and menu. */
  skipLink: string;
  /** Plain text for <title>. */
  title: string;
  /** The HTML language tag of these texts: the helpdesk's pages name none, and may be in another language. */
  lang: string;
}
