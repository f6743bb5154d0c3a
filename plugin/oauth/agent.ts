import { type ClientRequest, Agent as PlainAgent } from 'node:http';
import { Agent as SecureAgent } from 'node:https';
import type { ProxyAgent } from 'proxy-agent';
import type { Settings } from '../domain/helpdesk/settings.js';
import { type AddressRules, hostOf } from '../lib/safe-address.js';
import { type Gate, passGate } from './gate.js';
import { AddressRefused, guarded } from './guarded-agent.js';

/**
 * Does WebUserAgent::NoProxy cover the host? Its entries are separated by `;`, and `example.com` covers its
 * subdomains.
 */
export function isExempt(host: string, noProxy: string): boolean {
  const entries = noProxy.split(/\s*;\s*/).filter(Boolean);
  return entries.some((entry) => {
    const name = entry.toLowerCase().replace(/^\*?\./, '');
    return host.toLowerCase() === name || host.toLowerCase().endsWith(`.${name}`);
  });
}

/** Node's method that passes a request to the agent; Node's types do not declare it. */
type WithRequests = PlainAgent & { addRequest(request: ClientRequest, options: object): void };

/** What every request needs. */
export interface Outgoing {
  settings: Settings;
  addresses: AddressRules;
}

/** An agent that knows whether its connection failed before the provider received anything. */
export type RequestAgent = ProxyAgent & {
  /** It refused the connection because of its address. */
  refused(): boolean;
  /**
   * Is an answer with this status the proxy's own? A tunnel (CONNECT) that the proxy refuses looks like an answer
   * of the provider. Without TLS, the proxy answers in the provider's place: 407 is its own, 502 and 504 say that
   * it did not reach the provider.
   * @param status 0: the request was not answered, or was answered with a success
   */
  proxyRefusal(status: number): number | null;
};

/** What a proxy answers if it does not pass a request on that is not encrypted. */
const OF_A_PROXY = [407, 502, 504];

/**
 * Creates the agent for one request, following the helpdesk's settings for outbound HTTP and ignoring the
 * environment's proxies. Destroying the agent ends the request, even while it waits.
 *
 * Each address is checked when the connection is made. A proxy resolves names itself, so with a proxy the
 * host is checked as written; the proxy itself may have any address.
 *
 * The library is an ES module; the bundle of the command line (plugin/packaging) can only load it this way.
 * @throws AddressRefused
 */
export async function createAgent(
  { settings, addresses }: Outgoing,
  url: URL,
  gate?: Gate,
): Promise<RequestAgent> {
  if (!addresses.mayAsk(hostOf(url))) throw new AddressRefused();
  const { ProxyAgent } = await import('proxy-agent');
  const proxy = settings.text('WebUserAgent::Proxy');
  const exempt = isExempt(url.hostname, settings.text('WebUserAgent::NoProxy'));
  let refused = false;
  const onRefused = () => {
    refused = true;
  };
  const options = {
    rejectUnauthorized: !settings.flag('WebUserAgent::DisableSSLVerification', false),
    keepAlive: false,
  };
  const agent = new ProxyAgent({
    getProxyForUrl: () => (exempt ? '' : proxy),
    ...options,
    httpAgent: guarded(new PlainAgent(options), addresses, onRefused),
    httpsAgent: guarded(new SecureAgent(options), addresses, onRefused),
  });
  // The library would look for it in a stack trace of each request.
  agent.protocol = url.protocol;
  const { addRequest } = agent as unknown as WithRequests;
  const { destroy } = agent;
  let sent: ClientRequest | undefined;
  let connected: number | null = null;
  const throughPlainProxy = !exempt && proxy !== '' && url.protocol === 'http:';
  return Object.assign(agent, {
    // simple-oauth2 uses a deep copy of the agent, which shares only functions with this one.
    addRequest(this: WithRequests, request: ClientRequest, options: object) {
      sent = request;
      // Without TLS there is no tunnel, and the event has no status.
      request.on('proxyConnect', ({ statusCode }: { statusCode?: number }) => {
        connected = statusCode ?? null;
      });
      if (gate) passGate(request, gate);
      addRequest.call(this, request, options);
    },
    destroy() {
      sent?.destroy();
      destroy.call(agent);
    },
    refused: () => refused,
    proxyRefusal(status: number) {
      if (connected !== null && connected !== 200) return connected;
      return throughPlainProxy && OF_A_PROXY.includes(status) ? status : null;
    },
  });
}
