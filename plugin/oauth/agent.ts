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

/**
 * The agent for one request by the helpdesk's settings for outbound HTTP. The environment's proxies do not count.
 *
 * The library is an ES module, which the bundle of the command line (plugin/packaging) can load in this way only.
 */
export async function createAgent(settings: Settings, url: URL): Promise<ProxyAgent> {
  const { ProxyAgent } = await import('proxy-agent');
  const proxy = settings.text('WebUserAgent::Proxy');
  const exempt = isExempt(url.hostname, settings.text('WebUserAgent::NoProxy'));
  return new ProxyAgent({
    getProxyForUrl: () => (exempt ? '' : proxy),
    rejectUnauthorized: !settings.flag('WebUserAgent::DisableSSLVerification', false),
    keepAlive: false,
  });
}
