import { scriptAlias } from '../domain/consent/redirect-uri.js';
import type { PageFrame } from '../domain/helpdesk/page-frame.js';
import type { Agent } from '../domain/helpdesk/session.js';
import type { SettingsReader } from '../domain/helpdesk/settings.js';
import type { Log } from '../domain/log.js';
import { COMMON } from '../domain/product/records.js';
import { type ListenerOptions, openListener } from './internal-listener.js';
import { replaceMainBox } from './main-box.js';

/** With the web server's internal listener, see apache-rules.ts. */
export interface PageFrameDeps extends ListenerOptions {
  settings: SettingsReader;
  log: Log;
}

/** A fast page of the admin area; its main box is discarded. */
const PAGE = 'index.pl?Action=Admin';

/** Names of the errors of AbortSignal.timeout(): Node gives its reason, or the abort that follows from it. */
const TIME_LIMITS = ['TimeoutError', 'AbortError'];

/**
 * Fetches the helpdesk's page around a screen with the agent's own cookie. The helpdesk deletes a session
 * that is used from another address (SessionCheckRemoteIP, SessionDeleteIfNotRemoteID). So, before it sends a
 * cookie, a probe on the same connection proves that this is the web server and that it sees the browser's
 * address.
 */
export function createPageFrame({ settings, log, ...listener }: PageFrameDeps): PageFrame {
  /** @param isLast a web server that ends the connection between probe and page gets no further attempt */
  async function fetchPage(agent: Agent, remoteAddress: string, isLast = false): Promise<string | null> {
    const connection = openListener(listener);
    let hasBegun = false;
    try {
      // Before the probe: a web server keeps an idle connection for a few seconds, and the database may be slow.
      const current = await settings.current();
      const { isProven, seen } = await connection.probe(remoteAddress);
      if (!isProven || seen !== remoteAddress) {
        log.warn(
          { address: remoteAddress, seen, isProven },
          isProven
            ? 'The web server does not take over the browser address; see docs/install.md'
            : 'What listens for the sidecar does not prove that it is the web server; run "znuny-oauth2 install" again',
        );
        return null;
      }
      const folder = scriptAlias(current);
      const cookie = `${current.text('SessionName', COMMON.settings.sessionCookie)}=${agent.sessionId}`;
      const path = `/${folder ? `${folder}/` : ''}${PAGE}`;
      hasBegun = true;
      const { status, body } = await connection.get(path, remoteAddress, { Cookie: cookie });
      return status === 200 ? body : null;
    } catch (error) {
      const fault = error instanceof Error ? error.name : 'unknown';
      // A time limit that has passed would pass once more, and somebody waits for the page.
      if (hasBegun && !isLast && !TIME_LIMITS.includes(fault)) return fetchPage(agent, remoteAddress, true);
      log.warn({ fault }, 'The helpdesk did not give its page');
      return null;
    } finally {
      connection.close();
    }
  }

  return {
    begin(agent, remoteAddress) {
      const fetched = fetchPage(agent, remoteAddress);
      return async (content) => {
        const page = await fetched;
        return page === null ? null : replaceMainBox(page, content);
      };
    },
  };
}
