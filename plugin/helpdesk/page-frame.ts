import { request } from 'node:http';
import type { Agent, Clock, Log, PageFrame, SettingsReader } from '../domain/ports.js';
import { scriptAlias } from '../domain/redirect-uri.js';
import { CLIENT_HEADER, PROBE_PATH, SEEN_HEADER } from './apache-rules.js';
import { replaceMainBox } from './main-box.js';

export interface PageFrameDeps {
  settings: SettingsReader;
  clock: Clock;
  log: Log;
  /** The web server's door on 127.0.0.1, see apache-rules.ts. */
  port: number;
}

/** A cheap page of the admin area; its main box is thrown away. */
const PAGE = 'index.pl?Action=Admin';
const TIMEOUT = 8000;
const MAX_PAGE = 2 * 1024 * 1024;
/** How long a proof holds, in milliseconds: the web server's rules change seldom, but they do. */
const PROOF = 30_000;

interface Answer {
  status: number;
  seen: string;
  body: string;
}

/** One GET at the door. No connection is kept: an idle one would occupy a process of the helpdesk. */
function get(port: number, path: string, headers: Record<string, string>): Promise<Answer> {
  return new Promise((resolve, reject) => {
    const signal = AbortSignal.timeout(TIMEOUT);
    const options = { host: '127.0.0.1', port, path, headers: { ...headers, Connection: 'close' }, signal };
    const sent = request(options, (answer) => {
      const chunks: Buffer[] = [];
      let size = 0;
      answer.on('data', (chunk: Buffer) => {
        size += chunk.length;
        if (size > MAX_PAGE) sent.destroy(new Error('page too large'));
        else chunks.push(chunk);
      });
      answer.on('error', reject);
      answer.on('end', () =>
        resolve({
          status: answer.statusCode ?? 0,
          seen: String(answer.headers[SEEN_HEADER.toLowerCase()] ?? ''),
          body: Buffer.concat(chunks).toString('utf8'),
        }),
      );
    });
    sent.on('error', reject);
    sent.end();
  });
}

/**
 * The helpdesk's page around a screen, asked with the agent's own cookie. The helpdesk deletes a session that comes from
 * another address (SessionCheckRemoteIP, SessionDeleteIfNotRemoteID), so before any cookie is sent a probe without one
 * proves that the web server sees the browser's address.
 */
export function createPageFrame({ settings, clock, log, port }: PageFrameDeps): PageFrame {
  const proven = new Map<string, number>();

  async function prove(address: string): Promise<boolean> {
    const now = clock().getTime();
    const until = proven.get(address);
    if (until !== undefined && now < until && now > until - 2 * PROOF) return true;
    const { seen } = await get(port, PROBE_PATH, { [CLIENT_HEADER]: address });
    if (seen !== address) {
      proven.delete(address);
      log.warn(
        { address, seen },
        'The web server does not take over the browser address; see docs/install.md',
      );
      return false;
    }
    if (proven.size > 10_000) proven.clear();
    proven.set(address, now + PROOF);
    return true;
  }

  async function fetchPage(agent: Agent, remoteAddress: string): Promise<string | null> {
    try {
      if (!(await prove(remoteAddress))) return null;
      const current = await settings.current();
      const folder = scriptAlias(current);
      const cookie = `${current.text('SessionName', 'OTRSAgentInterface')}=${agent.sessionId}`;
      const { status, body } = await get(port, `/${folder ? `${folder}/` : ''}${PAGE}`, {
        [CLIENT_HEADER]: remoteAddress,
        Cookie: cookie,
      });
      return status === 200 ? body : null;
    } catch (error) {
      log.warn(
        { fault: error instanceof Error ? error.name : 'unknown' },
        'The helpdesk did not give its page',
      );
      return null;
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
