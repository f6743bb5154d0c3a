import { SECTION_NAMES } from '../domain/configuration/request-rows.js';
import { scopeList } from '../domain/configuration/scopes.js';
import { followTenant, type TokenConfigForm } from '../domain/configuration/token-config-form.js';
import { SidecarError } from '../errors.js';
import type { Parameters } from './parameters.js';

/** Two lists of inputs of the same length; a row that is empty as a whole is none. */
function readRows(parameters: Parameters): TokenConfigForm['rows'] {
  const sections = SECTION_NAMES.map(({ name }) => {
    const names = parameters.every(`${name}Name`);
    const values = parameters.every(`${name}Value`);
    const rows = names.map((text, at) => ({ name: text.trim(), value: (values[at] ?? '').trim() }));
    return [name, names.length, rows.filter((row) => row.name !== '' || row.value !== '')] as const;
  });
  return Object.fromEntries(sections.filter(([, sent]) => sent > 0).map(([name, , rows]) => [name, rows]));
}

/** Longer than any provider takes. */
const MAX_SCOPES = 64 * 1024;

/** The chosen ones and the typed ones, each once. */
function readScopes(parameters: Parameters, typed: string): string {
  const all = [...parameters.every('Scope'), typed].join(' ');
  if (all.length > MAX_SCOPES) throw new SidecarError('bad-request', { log: 'The scopes are too long' });
  return scopeList(all).join(' ');
}

/** The form as it was sent, with its endpoints already at its tenant. */
export function readForm(parameters: Parameters): TokenConfigForm {
  const text = (name: string) => (parameters.one(name) ?? '').trim();
  const chosen = text('Tenant');
  return followTenant({
    Name: text('Name'),
    Tenant: chosen === 'own' ? text('TenantOwn') : chosen,
    TenantBefore: text('TenantBefore'),
    ClientID: text('ClientID'),
    ClientSecret: text('ClientSecret'),
    ClientSecretExpires: text('ClientSecretExpires'),
    AuthorizationCodeRequestURL: text('AuthorizationCodeRequestURL'),
    TokenByAuthorizationCodeRequestURL: text('TokenByAuthorizationCodeRequestURL'),
    TokenByRefreshTokenRequestURL: text('TokenByRefreshTokenRequestURL'),
    TokenByClientCredentialsRequestURL: text('TokenByClientCredentialsRequestURL'),
    Scope: readScopes(parameters, text('ScopeMore')),
    ValidID: Number(text('ValidID')),
    NotifyOnExpiredToken: parameters.flag('NotifyOnExpiredToken'),
    NotifyOnExpiredRefreshToken: parameters.flag('NotifyOnExpiredRefreshToken'),
    PKCE: parameters.flag('PKCE'),
    Issuer: text('Issuer'),
    RequireIssuer: parameters.flag('RequireIssuer'),
    UserInfoURL: text('UserInfoURL'),
    rows: readRows(parameters),
  });
}
