import { requestKindsOf } from '../configuration/auth-flow.js';
import { scopeList } from '../configuration/scopes.js';
import type { TokenConfigDocument } from '../configuration/token-config.js';
import type { ProviderMetadata } from './provider-documents.js';

/** The only offered scopes that matter for a mailbox; an admin adds any other. */
const WANTED = ['openid', 'profile', 'email', 'offline_access'];

/** Fills a template with the provider's metadata. */
export function withMetadata(template: TokenConfigDocument, metadata: ProviderMetadata): TokenConfigDocument {
  const document = structuredClone(template);
  for (const kind of requestKindsOf(template)) {
    const url = kind === 'AuthorizationCode' ? metadata.authorizationEndpoint : metadata.tokenEndpoint;
    const request = document.Requests?.[kind];
    if (document.Requests)
      document.Requests[kind] = { ...request, Request: { ...request?.Request, URL: url } };
  }
  const { scopes } = metadata;
  if (scopes) {
    const offered = WANTED.filter((scope) => scopes.includes(scope));
    document.Scope = scopeList([...offered, String(template.Scope ?? '')].join(' '))
      .filter((scope) => !WANTED.includes(scope) || offered.includes(scope))
      .join(' ');
  }
  document.Sidecar = {
    ...document.Sidecar,
    Issuer: metadata.issuer,
    ...(metadata.namesIssuer ? { RequireIssuer: 1 } : {}),
    ...(metadata.pkce === false ? { PKCE: 0 } : {}),
    ...(metadata.userInfoEndpoint ? { UserInfoURL: metadata.userInfoEndpoint } : {}),
  };
  return document;
}
