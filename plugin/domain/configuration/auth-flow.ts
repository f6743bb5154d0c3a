import type { RequestKind, TokenConfigDocument } from './token-config.js';

const CONSENT = ['AuthorizationCode', 'TokenByAuthorizationCode', 'TokenByRefreshToken'] as const;
const WITHOUT_PERSON = ['TokenByClientCredentials'] as const;

/**
 * Does the client get its tokens with its secret alone (RFC 6749 §4.4)? Reads key `AuthFlow` of Znuny 7.2 and
 * newer; without the key, somebody must consent. Client credentials have no refresh token: the same request
 * gets each token.
 */
export const isClientCredentials = (document: TokenConfigDocument): boolean =>
  document.AuthFlow === 'ClientCredentials';

/** The requests of a configuration; other requests in the document stay unchanged. */
export const requestKindsOf = (document: TokenConfigDocument): readonly RequestKind[] =>
  isClientCredentials(document) ? WITHOUT_PERSON : CONSENT;

/** The request that gets the next token. */
export const renewalKindOf = (
  document: TokenConfigDocument,
): 'TokenByRefreshToken' | 'TokenByClientCredentials' =>
  isClientCredentials(document) ? 'TokenByClientCredentials' : 'TokenByRefreshToken';

/** The URL of that request; '' if the document has none. */
export const renewalUrl = (document: TokenConfigDocument): string =>
  String(document.Requests?.[renewalKindOf(document)]?.Request?.URL ?? '');
