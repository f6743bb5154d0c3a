import { hostOf } from '../../lib/host-of.js';
import { renewalKindOf } from '../configuration/auth-flow.js';
import type { TokenConfigDocument } from '../configuration/token-config.js';

/** Providers whose own rules and screens we know. */
export type Provider = 'microsoft' | 'google' | 'other';

const HOSTS: [pattern: RegExp, provider: Provider][] = [
  [
    /(^|\.)(microsoftonline\.com|microsoftonline\.us|partner\.microsoftonline\.cn|chinacloudapi\.cn|login\.windows\.net|live\.com)$/,
    'microsoft',
  ],
  [/(^|\.)(googleapis\.com|accounts\.google\.com)$/, 'google'],
];

/** @param url of the token endpoint */
export function providerOf(url: string): Provider {
  const host = hostOf(url);
  return HOSTS.find(([pattern]) => pattern.test(host))?.[1] ?? 'other';
}

/** The endpoint for renewals, or else the one for the first token; '' if a document has neither. */
export const tokenUrl = (document: TokenConfigDocument): string =>
  String(
    document.Requests?.[renewalKindOf(document)]?.Request?.URL ??
      document.Requests?.TokenByAuthorizationCode?.Request?.URL ??
      '',
  );

/**
 * Does the provider accept a refresh token again after it has exchanged it for another one? Google keeps issuing the same
 * one, and Microsoft does not revoke the earlier ones. Any other provider may end the whole grant (RFC 9700 §4.14.2).
 */
export const acceptsUsedTokens = (provider: Provider): boolean => provider !== 'other';
