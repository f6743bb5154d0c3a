import type { TokenConfigDocument } from '../configuration/token-config.js';
import { type Provider, providerOf, tokenUrl } from './provider.js';
import type { TokenRequest } from './token-endpoint.js';

/** Revokes a token at a provider (RFC 7009). Adapter: plugin/oauth. */
export interface RevocationEndpoint {
  /**
   * @param request `parameters.token` is the token, `parameters.token_type_hint` says which kind it is
   * @throws ProviderError
   */
  revoke(request: TokenRequest): Promise<void>;
}

/** Endpoints of providers that no metadata document names. */
const KNOWN: Partial<Record<Provider, string>> = { google: 'https://oauth2.googleapis.com/revoke' };

/** What to do at a provider without such an endpoint. */
const INSTEAD: Partial<Record<Provider, string>> = {
  microsoft:
    'Microsoft has no such endpoint. End the grant there: Entra admin centre, the user of the mailbox, "Revoke sessions"; or remove the app under https://myapps.microsoft.com.',
};

/**
 * The revocation endpoint: from the document (Sidecar.RevocationURL), or else the provider's known one; null:
 * none.
 */
export function revocationUrl(document: TokenConfigDocument): string | null {
  const own = document.Sidecar?.RevocationURL;
  if (typeof own === 'string' && /^https?:\/\/[^\s#]+$/i.test(own)) return own;
  return KNOWN[providerOf(tokenUrl(document))] ?? null;
}

/** In English, for the command line. */
export const withoutRevocation = (document: TokenConfigDocument): string =>
  INSTEAD[providerOf(tokenUrl(document))] ??
  'The provider is not known to have such an endpoint. End the grant in the account of the mailbox at the provider.';
