import type { RequestKind, TokenConfigDocument } from './token-config.js';

const CONSENT = ['AuthorizationCode', 'TokenByAuthorizationCode', 'TokenByRefreshToken'] as const;
const WITHOUT_PERSON = ['TokenByClientCredentials'] as const;

/**
 * Does the client get its tokens by its secret alone (RFC 6749 §4.4)? Key `AuthFlow` of Znuny 7.2 and newer; without it a
 * person agrees. There is no refresh token then: the same request brings each token.
 */
export const isClientCredentials = (document: TokenConfigDocument): boolean =>
  document.AuthFlow === 'ClientCredentials';

/** The requests that a configuration is made of; others in the document are left alone. */
export const requestKindsOf = (document: TokenConfigDocument): readonly RequestKind[] =>
  isClientCredentials(document) ? WITHOUT_PERSON : CONSENT;

/** The request that brings the next token. */
export const renewalKindOf = (
  document: TokenConfigDocument,
): 'TokenByRefreshToken' | 'TokenByClientCredentials' =>
  isClientCredentials(document) ? 'TokenByClientCredentials' : 'TokenByRefreshToken';

/** Where that request goes; '' where the document has none. */
export const renewalUrl = (document: TokenConfigDocument): string =>
  String(document.Requests?.[renewalKindOf(document)]?.Request?.URL ?? '');
