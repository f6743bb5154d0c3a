import type { Agent, ClientRequest } from 'node:http';
import type { ProxyAgent } from 'proxy-agent';
import type { Settings } from '../domain/settings.js';

/** Does a host fall under WebUserAgent::NoProxy? A list separated by `;`; `example.com` covers its subdomains. */
export function isExempt(host: string, noProxy: string): boolean {
  const entries = noProxy.split(/\s*;\s*/).filter(Boolean);
  return entries.some((entry) => {
    const name = entry.toLowerCase().replace(/^\*?\./, '');
    return host.toLowerCase() === name || host.toLowerCase().endsWith(`.${name}`);
  });
}

/** Node's own way from a request to its agent, which its types do not name. */
type WithRequests = Agent & { addRequest(request: ClientRequest, options: object): void };

/**
 * The agent for one request by the helpdesk's settings for outbound HTTP. The environment's proxies do not count. Who
 * destroys it ends the request, also one that is waited on.
 *
 * The library is an ES module, which the bundle of the command line (plugin/packaging) can load in this way only.
 */
export async function createAgent(settings: Settings, url: URL): Promise<ProxyAgent> {
  const { ProxyAgent } = await import('proxy-agent');
  const proxy = settings.text('WebUserAgent::Proxy');
  const exempt = isExempt(url.hostname, settings.text('WebUserAgent::NoProxy'));
  const agent = new ProxyAgent({
    getProxyForUrl: () => (exempt ? '' : proxy),
    rejectUnauthorized: !settings.flag('WebUserAgent::DisableSSLVerification', false),
    keepAlive: false,
  });
  const { addRequest } = agent as unknown as WithRequests;
  const { destroy } = agent;
  let sent: ClientRequest | undefined;
  return Object.assign(agent, {
    // simple-oauth2 uses a deep copy of the agent: all that it shares with this one are functions.
    addRequest(this: WithRequests, request: ClientRequest, options: object) {
      sent = request;
      addRequest.call(this, request, options);
    },
    destroy() {
      sent?.destroy();
      destroy.call(agent);
    },
  });
}
