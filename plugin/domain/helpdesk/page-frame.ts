import type { Agent } from './session.js';

/** The helpdesk's own page around a content of ours. */
export interface PageFrame {
  /**
   * Asks the helpdesk for its page at once, so that it works while our content is being made.
   * @returns puts a content into that page; null where the helpdesk does not answer
   */
  begin(agent: Agent, remoteAddress: string): (content: FramedContent) => Promise<string | null>;
}

export interface FramedContent {
  /** Already escaped HTML: everything inside `.MainBox`, and notification boxes before it. */
  mainBox: string;
  notifications: string;
  /** Plain text; goes into <title>. */
  title: string;
}
