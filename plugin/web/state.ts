import type { PageFrame } from '../domain/helpdesk/page-frame.js';
import type { Agent } from '../domain/helpdesk/session.js';
import type { Settings } from '../domain/helpdesk/settings.js';
import type { Pair, Parameters } from './parameters.js';

/** What the middleware gathers about one request, in the order in which it is filled. */
export interface SidecarState {
  requestId: string;
  /** The browser's address as the web server saw it. */
  remoteAddress: string;
  settings: Settings;
  /** Of the query alone. */
  queryPairs: Pair[];
  /** Of the query; with the form as well for an agent who may use the screen. */
  parameters: Parameters;
  /** Set once the helpdesk's session was recognised. */
  agent?: Agent;
  /** The helpdesk's page, already on its way while the handler works. */
  frame?: ReturnType<PageFrame['begin']>;
}
