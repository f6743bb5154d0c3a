import { type ClientRequest, Agent as PlainAgent } from 'node:http';
import { Agent as SecureAgent } from 'node:https';
import type { ProxyAgent } from 'proxy-agent';
import type { Settings } from '../domain/helpdesk/settings.js';
import { type AddressRules, hostOf } from '../lib/safe-address.js';
import { type Gate, passGate } from './gate.js';
import { AddressRefused, guarded } from './guarded-agent.js';

/** Does a host fall under WebUserAgent::NoProxy? A list separated by `;`; `example.com` covers its subdomains. */
export function isExempt(host: string, noProxy: string): boolean {
  const entries = noProxy.split(/\s*;\s*/).filter(Boolean);
  return entries.some((entry) => {
    const name = entry.toLowerCase().replace(/^\*?\./, '');
    return host.toLowerCase() === name || host.toLowerCase().endsWith(`.${name}`);
  });
}

/** Node's own way from a request to its agent, which its types do not name. */
type WithRequests = PlainAgent & { addRequest(request: ClientRequest, options: object): void };

/** What a request is made with. */
export interface Outgoing {
  settings: Settings;
  addresses: AddressRules;
}

/** An agent, and whether a connection was refused because of its address. */
export type RequestAgent = ProxyAgent & { refused(): boolean };

/**
 * The agent for one request by the helpdesk's settings for outbound HTTP. The environment's proxies do not count. Who
 * destroys it ends the request, also one that is waited on.
 *
 * What an address leads to is judged when the connection is made. A proxy resolves names itself, so there the host is
 * judged as it is written; the proxy may stand anywhere.
 *
 * The library is an ES module, which the bundle of the command line (plugin/packaging) can load in this way only.
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
  const { addRequest } = agent as unknown as WithRequests;
  const { destroy } = agent;
  let sent: ClientRequest | undefined;
  return Object.assign(agent, {
    // simple-oauth2 uses a deep copy of the agent: all that it shares with this one are functions.
    addRequest(this: WithRequests, request: ClientRequest, options: object) {
      sent = request;
      if (gate) passGate(request, gate);
      addRequest.call(this, request, options);
    },
    destroy() {
      sent?.destroy();
      destroy.call(agent);
    },
    refused: () => refused,
  });
}
