import { isIpAddress } from '../../lib/ip-address.js';
import { type Phrase, phrase } from '../../lib/phrase.js';

/**
 * Last labels that are no public top-level domains: RFC 6761, 6762 (with appendix G), 7686, 8375 and 9476, and the
 * name that ICANN has reserved for private use.
 */
const PRIVATE_ENDINGS =
  /(^|\.)(alt|corp|example|home|home\.arpa|internal|intranet|invalid|lan|local|localdomain|localhost|mail|onion|private|test)$/i;

/** Google exempts the browser's own machine from these rules. */
const LOCALHOST = /^(localhost|127\.0\.0\.1|::1)$/i;

/**
 * Why Google does not register a redirect URI with this host: an IP address, a name without a domain, or a private
 * top-level domain. See https://developers.google.com/identity/protocols/oauth2/web-server#uri-validation.
 * @param fqdn the setting FQDN, with or without a port
 * @returns null if Google accepts it
 */
export function whyGoogleRejects(fqdn: string): Phrase | null {
  const host = fqdn
    .replace(/:\d+$/, '')
    .replace(/^\[|\]$/g, '')
    .replace(/\.$/, '');
  if (LOCALHOST.test(host)) return null;
  if (isIpAddress(host))
    return phrase(
      'FQDN is an IP address, which Google does not accept in a redirect URI. Use a name in a public domain; the helpdesk need not be reachable from the Internet. Set it with:',
    );
  if (!host.includes('.') || PRIVATE_ENDINGS.test(host))
    return phrase(
      'FQDN has no public top-level domain, which Google requires in a redirect URI. Use a name in a public domain; the helpdesk need not be reachable from the Internet. Set it with:',
    );
  return null;
}
