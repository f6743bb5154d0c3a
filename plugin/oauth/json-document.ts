import { request as plainRequest } from 'node:http';
import { request as secureRequest } from 'node:https';
import { isRecord } from '../lib/is-record.js';
import { withoutUpgrade } from '../lib/no-upgrade.js';
import { hostOf, isLoopbackHost } from '../lib/safe-address.js';
import { createAgent, type Outgoing } from './agent.js';

/** Why there is no document. */
export type DocumentFault =
  | 'address'
  | 'forbidden'
  | 'unreachable'
  | 'proxy'
  | 'timeout'
  | 'redirect'
  | 'status'
  | 'too-large'
  | 'no-json';

export class DocumentError extends Error {
  override readonly name = 'DocumentError';
  constructor(
    readonly fault: DocumentFault,
    readonly status: number | null = null,
  ) {
    super(`${fault}${status === null ? '' : ` ${status}`}`);
  }
}

const MAX_BYTES = 256 * 1024;
/** In seconds. */
const LONGEST_TIMEOUT = 15;

/** HTTPS, or HTTP to this machine; no credentials in the URL. */
export function isWellFormed(url: URL): boolean {
  if (url.username !== '' || url.password !== '') return false;
  return url.protocol === 'https:' || (url.protocol === 'http:' && isLoopbackHost(url));
}

function parse(body: Buffer): Record<string, unknown> {
  try {
    const value: unknown = JSON.parse(body.toString('utf8'));
    if (isRecord(value)) return value;
  } catch {
    // Falls through to the error below, like any other answer that is not an object.
  }
  throw new DocumentError('no-json');
}

/**
 * Gets a JSON object, following the helpdesk's settings for outbound HTTP. An admin may have typed the URL,
 * so the request is restricted: HTTPS only (HTTP to loopback where the configuration allows it), no
 * redirects, no special addresses, a time-out and at most 256 KB.
 * @throws DocumentError
 */
export async function getJson(
  outgoing: Outgoing,
  url: URL,
  headers: Record<string, string> = {},
): Promise<Record<string, unknown>> {
  if (!outgoing.addresses.mayAsk(hostOf(url))) throw new DocumentError('forbidden');
  if (!isWellFormed(url)) throw new DocumentError('address');
  const seconds = outgoing.settings.number('WebUserAgent::Timeout', LONGEST_TIMEOUT) || LONGEST_TIMEOUT;
  const signal = AbortSignal.timeout(Math.min(LONGEST_TIMEOUT, Math.max(1, seconds)) * 1000);
  const agent = await createAgent(outgoing, url);
  const request = url.protocol === 'https:' ? secureRequest : plainRequest;
  try {
    const body = await new Promise<Buffer>((done, failed) => {
      const options = {
        agent,
        signal,
        headers: { Accept: 'application/json', ...headers },
      };
      const sent = request(url, options, (answer) => {
        const status = answer.statusCode ?? 0;
        const refusal = agent.proxyRefusal(status);
        if (status !== 200 || refusal !== null) {
          answer.destroy();
          if (refusal !== null) return failed(new DocumentError('proxy', refusal));
          return failed(new DocumentError(status >= 300 && status < 400 ? 'redirect' : 'status', status));
        }
        const chunks: Buffer[] = [];
        let size = 0;
        answer.on('data', (chunk: Buffer) => {
          size += chunk.length;
          if (size > MAX_BYTES) sent.destroy(new DocumentError('too-large'));
          else chunks.push(chunk);
        });
        answer.on('error', failed);
        answer.on('end', () => done(Buffer.concat(chunks)));
      });
      withoutUpgrade(sent).on('error', failed);
      sent.end();
    });
    return parse(body);
  } catch (error) {
    if (error instanceof DocumentError) throw error;
    if (signal.aborted) throw new DocumentError('timeout');
    throw new DocumentError(agent.refused() ? 'forbidden' : 'unreachable');
  } finally {
    agent.destroy();
  }
}
