import type { RequestKind, TokenConfigDocument } from './token-config.js';

/** The form of add and edit: the helpdesk's fields, and PKCE and Issuer of ours. */
export interface TokenConfigForm {
  Name: string;
  ClientID: string;
  /** Empty keeps the stored one. */
  ClientSecret: string;
  AuthorizationCodeRequestURL: string;
  TokenByAuthorizationCodeRequestURL: string;
  TokenByRefreshTokenRequestURL: string;
  Scope: string;
  /** 1 valid, 2 invalid, 3 invalid-temporarily. */
  ValidID: number;
  NotifyOnExpiredToken: boolean;
  NotifyOnExpiredRefreshToken: boolean;
  PKCE: boolean;
  Issuer: string;
}

/** Form field -> request of the document. */
export const URL_FIELDS = {
  AuthorizationCodeRequestURL: 'AuthorizationCode',
  TokenByAuthorizationCodeRequestURL: 'TokenByAuthorizationCode',
  TokenByRefreshTokenRequestURL: 'TokenByRefreshToken',
} as const satisfies Record<string, RequestKind>;

/** The form's values as a document has them. The client secret never goes into a page. */
export function formOf(
  document: TokenConfigDocument,
  { name = '', validId = 1 }: { name?: string; validId?: number } = {},
): TokenConfigForm {
  const url = (kind: RequestKind) => String(document.Requests?.[kind]?.Request?.URL ?? '');
  const isOn = (key: 'NotifyOnExpiredToken' | 'NotifyOnExpiredRefreshToken') =>
    Number(document.Notifications?.[key] ?? 0) !== 0;
  return {
    Name: name,
    ClientID: String(document.ClientID ?? ''),
    ClientSecret: '',
    AuthorizationCodeRequestURL: url('AuthorizationCode'),
    TokenByAuthorizationCodeRequestURL: url('TokenByAuthorizationCode'),
    TokenByRefreshTokenRequestURL: url('TokenByRefreshToken'),
    Scope: String(document.Scope ?? ''),
    ValidID: validId,
    NotifyOnExpiredToken: isOn('NotifyOnExpiredToken'),
    NotifyOnExpiredRefreshToken: isOn('NotifyOnExpiredRefreshToken'),
    PKCE: Number(document.Sidecar?.PKCE ?? 1) !== 0,
    Issuer: String(document.Sidecar?.Issuer ?? ''),
  };
}

/** Our own options appear in a document only once they differ from the default. */
function withSidecar(document: TokenConfigDocument, form: TokenConfigForm): TokenConfigDocument {
  const { PKCE: _pkce, Issuer: _issuer, ...others } = document.Sidecar ?? {};
  const sidecar = {
    ...others,
    ...(form.PKCE ? {} : { PKCE: 0 }),
    ...(form.Issuer ? { Issuer: form.Issuer } : {}),
  };
  const { Sidecar: _old, ...rest } = document;
  return Object.keys(sidecar).length > 0 ? { ...rest, Sidecar: sidecar } : rest;
}

/** The document with the form's values; every key that the form does not know stays. */
export function applyForm(document: TokenConfigDocument, form: TokenConfigForm): TokenConfigDocument {
  const requests: NonNullable<TokenConfigDocument['Requests']> = { ...document.Requests };
  for (const [field, kind] of Object.entries(URL_FIELDS) as [keyof typeof URL_FIELDS, RequestKind][]) {
    // An endpoint that there was none of and that stays empty makes no request.
    if (form[field] === '' && !requests[kind]) continue;
    requests[kind] = { ...requests[kind], Request: { ...requests[kind]?.Request, URL: form[field] } };
  }
  const changed: TokenConfigDocument = {
    ...document,
    ClientID: form.ClientID,
    Scope: form.Scope,
    Notifications: {
      ...document.Notifications,
      NotifyOnExpiredToken: form.NotifyOnExpiredToken ? 1 : 0,
      NotifyOnExpiredRefreshToken: form.NotifyOnExpiredRefreshToken ? 1 : 0,
    },
    Requests: requests,
    ...(form.ClientSecret ? { ClientSecret: form.ClientSecret } : {}),
  };
  return withSidecar(changed, form);
}
