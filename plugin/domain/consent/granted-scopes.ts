import { type Phrase, phrase } from '../../lib/phrase.js';
import { scopeList } from '../configuration/scopes.js';
import type { TokenConfigDocument } from '../configuration/token-config.js';
import { type Provider, providerOf, tokenUrl } from '../provider/provider.js';

const MICROSOFT = /^(?:.*\/)?((?:imap|pop)\.accessasuser\.all|smtp\.send)$/;
const GOOGLE = /^https:\/\/mail\.google\.com$/;

/**
 * What a scope permits for mail, so that two spellings of one permission are equal: Microsoft names the same resource
 * by two host names, or leaves it out, and the case does not count.
 * @returns null for a scope that mail does not need, or of a provider whose spellings we do not know
 */
function mailPermission(scope: string, provider: Provider): string | null {
  const text = scope.toLowerCase().replace(/\/+$/, '');
  if (provider === 'google') return GOOGLE.test(text) ? text : null;
  return provider === 'microsoft' ? (MICROSOFT.exec(text)?.[1] ?? null) : null;
}

/** Does an answer's `scope` say what was granted? */
export const namesScopes = (granted: unknown): granted is string =>
  typeof granted === 'string' && granted.trim() !== '';

/** The scopes of the document that mail needs, as far as the spelling is known. */
export function mailScopes(document: TokenConfigDocument): string[] {
  const provider = providerOf(tokenUrl(document));
  return scopeList(String(document.Scope ?? '')).filter((scope) => mailPermission(scope, provider) !== null);
}

/**
 * The requested scopes for mail that were not granted. At Google a person can clear the checkbox of each permission, and
 * everything else looks like success.
 * @param granted `scope` of the provider's answer. If it is missing, everything was granted (RFC 6749 §5.1).
 */
export function missingScopes(document: TokenConfigDocument, granted: unknown): string[] {
  if (!namesScopes(granted)) return [];
  const provider = providerOf(tokenUrl(document));
  const has = new Set(scopeList(granted).map((scope) => mailPermission(scope, provider)));
  return mailScopes(document).filter((scope) => !has.has(mailPermission(scope, provider)));
}

/** What to do about missing scopes, with the words of the page that the provider has shown. */
export function missingScopesAdvice(provider: Provider, missing: readonly string[]): Phrase {
  const names = missing.join(' ');
  return provider === 'google'
    ? phrase(
        'Missing: %s. Request a new token and, on Google’s page, select the checkbox “Read, compose, send, and permanently delete all your email from Gmail”.',
        names,
      )
    : phrase(
        'Missing: %s. Request a new token and accept all permissions. If the page did not offer them, ask a tenant administrator to grant admin consent.',
        names,
      );
}
