import type { PageFrame } from '../domain/helpdesk/page-frame.js';
import type { Agent } from '../domain/helpdesk/session.js';
import type { Settings } from '../domain/helpdesk/settings.js';
import type { Pair, Parameters } from './parameters.js';

/** What the middleware collects about one request, in the order in which it is filled. */
export interface SidecarState {
  requestId: string;
  /** The browser's address as the web server saw it. */
  remoteAddress: string;
  settings: Settings;
  /** From the query only. */
  queryPairs: Pair[];
  /** From the query, and from the form if the agent may use the screen. */
  parameters: Parameters;
  /** Set once the helpdesk's session is recognised. */
  agent?: Agent;
  /** The helpdesk's page, requested while the handler works. */
  frame?: ReturnType<PageFrame['begin']>;
}
