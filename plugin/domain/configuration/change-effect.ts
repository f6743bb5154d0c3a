import { isClientCredentials } from './auth-flow.js';
import { scopeList } from './scopes.js';
import { REQUEST_KINDS, type TokenConfigDocument } from './token-config.js';

const urls = (document: TokenConfigDocument): string[] =>
  REQUEST_KINDS.map((kind) => String(document.Requests?.[kind]?.Request?.URL ?? ''));

/**
 * Does the change make the stored token unusable, so that a new consent is needed? It does for another app,
 * another endpoint, or a scope that nobody has consented to. It does not for one scope less, a new client
 * secret, or client credentials.
 */
export function needsConsent(before: TokenConfigDocument, after: TokenConfigDocument): boolean {
  if (isClientCredentials(after)) return false;
  if (String(before.ClientID ?? '') !== String(after.ClientID ?? '')) return true;
  if (urls(before).join(' ') !== urls(after).join(' ')) return true;
  const agreed = scopeList(String(before.Scope ?? ''));
  return scopeList(String(after.Scope ?? '')).some((scope) => !agreed.includes(scope));
}
