import { isClientCredentials } from './auth-flow.js';
import { scopeList } from './scopes.js';
import { REQUEST_KINDS, type TokenConfigDocument } from './token-config.js';

const urls = (document: TokenConfigDocument): string[] =>
  REQUEST_KINDS.map((kind) => String(document.Requests?.[kind]?.Request?.URL ?? ''));

/**
 * Was the stored token made for something else? Then a new one must be requested: another app, another endpoint, or a
 * scope that nobody has agreed to yet. A scope less, or a new client secret, needs none; nor does a client that asks nobody.
 */
export function needsConsent(before: TokenConfigDocument, after: TokenConfigDocument): boolean {
  if (isClientCredentials(after)) return false;
  if (String(before.ClientID ?? '') !== String(after.ClientID ?? '')) return true;
  if (urls(before).join(' ') !== urls(after).join(' ')) return true;
  const agreed = scopeList(String(before.Scope ?? ''));
  return scopeList(String(after.Scope ?? '')).some((scope) => !agreed.includes(scope));
}
