import { requestKindsOf } from './auth-flow.js';
import { shownValue } from './document-secrets.js';
import { commonTenant, isTenant, tenantOf, withTenant } from './microsoft-tenant.js';
import { applyRows, type RequestRows, rowsOf } from './request-rows.js';
import { sameScopes } from './scopes.js';
import type { RequestKind, TokenConfigDocument } from './token-config.js';

/** The form of add and edit: the helpdesk's fields, and options of ours. */
export interface TokenConfigForm {
  Name: string;
  /** Microsoft's tenant; '' where there is none, or the endpoints name different ones. */
  Tenant: string;
  /** The tenant that the endpoints of this form had when it was shown. */
  TenantBefore: string;
  ClientID: string;
  /** Empty keeps the stored one. */
  ClientSecret: string;
  /** `YYYY-MM-DD`, or '' where it is not known. */
  ClientSecretExpires: string;
  AuthorizationCodeRequestURL: string;
  TokenByAuthorizationCodeRequestURL: string;
  TokenByRefreshTokenRequestURL: string;
  TokenByClientCredentialsRequestURL: string;
  /** Separated by spaces. */
  Scope: string;
  /** 1 valid, 2 invalid, 3 invalid-temporarily. */
  ValidID: number;
  NotifyOnExpiredToken: boolean;
  NotifyOnExpiredRefreshToken: boolean;
  PKCE: boolean;
  Issuer: string;
  RequireIssuer: boolean;
  UserInfoURL: string;
  /** Parameters of the requests; a missing section stays as stored. */
  rows: RequestRows;
}

/** Form field -> request of the document. */
export const URL_FIELDS = {
  AuthorizationCodeRequestURL: 'AuthorizationCode',
  TokenByAuthorizationCodeRequestURL: 'TokenByAuthorizationCode',
  TokenByRefreshTokenRequestURL: 'TokenByRefreshToken',
  TokenByClientCredentialsRequestURL: 'TokenByClientCredentials',
} as const satisfies Record<string, RequestKind>;

export const URL_FIELD_NAMES = Object.keys(URL_FIELDS) as (keyof typeof URL_FIELDS)[];

/** The endpoints that a configuration's form shows. */
export const urlFieldsOf = (document: TokenConfigDocument): (keyof typeof URL_FIELDS)[] =>
  URL_FIELD_NAMES.filter((field) => requestKindsOf(document).includes(URL_FIELDS[field]));

/** The form's values as a document has them. No secret of it goes into a page. */
export function formOf(
  document: TokenConfigDocument,
  { name = '', validId = 1 }: { name?: string; validId?: number } = {},
): TokenConfigForm {
  const url = (kind: RequestKind) => shownValue(String(document.Requests?.[kind]?.Request?.URL ?? ''));
  const isOn = (key: 'NotifyOnExpiredToken' | 'NotifyOnExpiredRefreshToken') =>
    Number(document.Notifications?.[key] ?? 0) !== 0;
  const tenant = commonTenant(requestKindsOf(document).map(url));
  return {
    Name: name,
    Tenant: tenant,
    TenantBefore: tenant,
    ClientID: String(document.ClientID ?? ''),
    ClientSecret: '',
    ClientSecretExpires: String(document.Sidecar?.ClientSecretExpires ?? ''),
    AuthorizationCodeRequestURL: url('AuthorizationCode'),
    TokenByAuthorizationCodeRequestURL: url('TokenByAuthorizationCode'),
    TokenByRefreshTokenRequestURL: url('TokenByRefreshToken'),
    TokenByClientCredentialsRequestURL: url('TokenByClientCredentials'),
    Scope: String(document.Scope ?? ''),
    ValidID: validId,
    NotifyOnExpiredToken: isOn('NotifyOnExpiredToken'),
    NotifyOnExpiredRefreshToken: isOn('NotifyOnExpiredRefreshToken'),
    PKCE: Number(document.Sidecar?.PKCE ?? 1) !== 0,
    Issuer: String(document.Sidecar?.Issuer ?? ''),
    RequireIssuer: Number(document.Sidecar?.RequireIssuer ?? 0) !== 0,
    UserInfoURL: String(document.Sidecar?.UserInfoURL ?? ''),
    rows: rowsOf(document),
  };
}

/**
 * Endpoints follow the tenant: those that still have the tenant with which the form was shown get the new one. One that
 * was changed by hand has another tenant, or is none of Microsoft's, and stays.
 */
export function followTenant(form: TokenConfigForm): TokenConfigForm {
  const { Tenant: tenant, TenantBefore: before } = form;
  if (tenant === before || !isTenant(tenant)) return form;
  const urls = URL_FIELD_NAMES.map((field) => {
    const url = form[field];
    const follows = before === '' || tenantOf(url) === before;
    return [field, follows ? withTenant(url, tenant) : url];
  });
  return { ...form, ...Object.fromEntries(urls), TenantBefore: tenant };
}

/** Our own options appear in a document only once they differ from the default. */
function withSidecar(document: TokenConfigDocument, form: TokenConfigForm): TokenConfigDocument {
  const {
    PKCE: _pkce,
    Issuer: _issuer,
    RequireIssuer: _required,
    ClientSecretExpires: _expires,
    UserInfoURL: _url,
    ...others
  } = document.Sidecar ?? {};
  const sidecar = {
    ...others,
    ...(form.PKCE ? {} : { PKCE: 0 }),
    ...(form.Issuer ? { Issuer: form.Issuer } : {}),
    ...(form.RequireIssuer ? { RequireIssuer: 1 } : {}),
    ...(form.ClientSecretExpires ? { ClientSecretExpires: form.ClientSecretExpires } : {}),
    ...(form.UserInfoURL ? { UserInfoURL: form.UserInfoURL } : {}),
  };
  const { Sidecar: _old, ...rest } = document;
  return Object.keys(sidecar).length > 0 ? { ...rest, Sidecar: sidecar } : rest;
}

/** The document with the form's values; every key that the form does not know stays. */
export function applyForm(document: TokenConfigDocument, form: TokenConfigForm): TokenConfigDocument {
  const requests: NonNullable<TokenConfigDocument['Requests']> = { ...applyRows(document, form.rows) };
  for (const field of urlFieldsOf(document)) {
    const kind = URL_FIELDS[field];
    // An endpoint that there was none of and that stays empty makes no request.
    if (form[field] === '' && !requests[kind]) continue;
    const stored = requests[kind]?.Request?.URL;
    // The form shows an address without the secrets that somebody put into it.
    const url = stored !== undefined && form[field] === shownValue(stored) ? stored : form[field];
    requests[kind] = { ...requests[kind], Request: { ...requests[kind]?.Request, URL: url } };
  }
  const scope = String(document.Scope ?? '');
  const changed: TokenConfigDocument = {
    ...document,
    ClientID: form.ClientID,
    Scope: sameScopes(scope, form.Scope) ? scope : form.Scope,
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
