import type { TokenConfigDocument } from '../configuration/token-config.js';
import { type Provider, providerOf, tokenUrl } from './provider.js';
import type { TokenRequest } from './token-endpoint.js';

/** Tells a provider that a token is no longer wanted (RFC 7009). Adapter: plugin/oauth. */
export interface RevocationEndpoint {
  /**
   * @param request `parameters.token` is the token, `parameters.token_type_hint` says which of the two it is
   * @throws ProviderError
   */
  revoke(request: TokenRequest): Promise<void>;
}

/** Endpoints of providers that do not stand in any document. */
const KNOWN: Partial<Record<Provider, string>> = { google: 'https://oauth2.googleapis.com/revoke' };

/** What to do instead at a provider without such an endpoint. */
const INSTEAD: Partial<Record<Provider, string>> = {
  microsoft:
    'Microsoft has no such endpoint. End the grant there: Entra admin centre, the user of the mailbox, "Revoke sessions"; or remove the app under https://myapps.microsoft.com.',
};

/** Where to revoke: as the document says (Sidecar.RevocationURL), else by the provider's own rule; null: nowhere. */
export function revocationUrl(document: TokenConfigDocument): string | null {
  const own = document.Sidecar?.RevocationURL;
  if (typeof own === 'string' && /^https?:\/\/[^\s#]+$/i.test(own)) return own;
  return KNOWN[providerOf(tokenUrl(document))] ?? null;
}

/** In English, for the command line. */
export const withoutRevocation = (document: TokenConfigDocument): string =>
  INSTEAD[providerOf(tokenUrl(document))] ??
  'The provider is not known to have such an endpoint. End the grant in the account of the mailbox at the provider.';
