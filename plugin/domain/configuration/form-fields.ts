import { type Phrase, phrase } from '../../lib/phrase.js';
import { isClientCredentials, requestKindsOf } from './auth-flow.js';
import { certificatesOf } from './certificates.js';
import { shownValue } from './document-secrets.js';
import { appEndpoint, appScope, clientId, clientSecret, mailboxAddress, secretEnd } from './field-checks.js';
import type { FieldValues, FormField } from './form-field.js';
import { isInEntra, isOfMicrosoft } from './microsoft-setup.js';
import { commonTenant } from './microsoft-tenant.js';
import { isServiceAccount } from './service-account.js';
import { type RequestKind, type TokenConfigDocument, VALIDITIES } from './token-config.js';

/** The sections of the form, in the order of the page. */
export const FORM_SECTIONS: Readonly<Record<FormField['section'], Phrase>> = {
  base: phrase('Base configuration'),
  scope: phrase('Access token scope'),
  notifications: phrase('Notifications'),
  advanced: phrase('Advanced'),
};

const asksPerson = (document: TokenConfigDocument): boolean => !isClientCredentials(document);

/** A service account proves its identity by its key alone. */
const hasSecret = (document: TokenConfigDocument): boolean => !isServiceAccount(document);

/** The tenant that all endpoints of a document share. */
const tenantIn = (document: TokenConfigDocument): string =>
  commonTenant(
    requestKindsOf(document).map((kind) => shownValue(String(document.Requests?.[kind]?.Request?.URL ?? ''))),
  );

const endpoint = <R extends RequestKind>(request: R, label: Phrase) =>
  ({
    name: `${request}RequestURL`,
    kind: 'endpoint',
    section: 'advanced',
    label,
    key: `Config.Requests.${request}.Request.URL`,
    required: true,
    appliesTo: (document: TokenConfigDocument) => requestKindsOf(document).includes(request),
  }) as const;

/**
 * The form for adding and editing, one row per field in the order of the page. Everything else derives from
 * it: what is read, checked, stored and shown (`field-values.ts`, `validate-form.ts`,
 * `web/read-token-config-form.ts`, `web/presenters/form-field.ts`, one partial for each kind), `config show`,
 * the help of `config import` and the table in docs/token-configurations.md. A new field is a new row here,
 * its translations and its line in that table.
 */
const TABLE = [
  {
    name: 'Name',
    kind: 'text',
    section: 'base',
    label: phrase('Name'),
    key: 'Name',
    required: true,
    maxLength: 250,
  },
  {
    name: 'Tenant',
    kind: 'tenant',
    section: 'base',
    label: phrase('Tenant'),
    help: phrase(
      'Choose what the app registration shows under "Supported account types". The endpoints under Advanced are updated to match; an endpoint that you edit there keeps your value.',
    ),
    read: tenantIn,
    required: ({ textOf }) => textOf('TenantBefore') !== '',
  },
  {
    // The tenant of the endpoints when the form was shown.
    name: 'TenantBefore',
    kind: 'hidden',
    section: 'base',
    label: phrase('Tenant'),
    read: tenantIn,
  },
  {
    name: 'ClientID',
    kind: 'text',
    section: 'base',
    label: phrase('Client ID'),
    hints: {
      microsoft: phrase('In the Entra admin centre: Application (client) ID.'),
      google: phrase('In the Google Cloud console. It ends with .apps.googleusercontent.com.'),
      serviceAccount: phrase('In the Google Cloud console: the unique ID of the service account, a number.'),
    },
    key: 'Config.ClientID',
    required: true,
    check: clientId,
  },
  {
    name: 'ClientSecret',
    kind: 'secret',
    section: 'base',
    label: phrase('Client secret'),
    hints: {
      microsoft: phrase('In the Entra admin centre: the Value of a client secret, not its Secret ID.'),
    },
    keptHelp: phrase('A client secret is stored. Leave the field empty to keep it.'),
    retype: phrase('For security, the client secret is not shown again. Enter it again.'),
    key: 'Config.ClientSecret',
    required: ({ document, textOf }) =>
      certificatesOf(document).length === 0 && textOf('WithCertificate') !== 'true',
    check: clientSecret,
    appliesTo: hasSecret,
  },
  {
    name: 'Mailbox',
    kind: 'text',
    section: 'base',
    label: phrase('Mailbox'),
    help: phrase(
      'The address of the Google Workspace user whose mail is read or sent. Each mailbox needs its own token configuration; they share one key of the service account.',
    ),
    key: 'Config.Sidecar.Mailbox',
    required: true,
    maxLength: 250,
    check: mailboxAddress,
    appliesTo: isServiceAccount,
  },
  {
    name: 'ServiceAccountSteps',
    kind: 'shown',
    section: 'base',
    label: phrase('Service account'),
    text: phrase(
      'In the Google Admin console (Security → Access and data control → API controls → Domain-wide delegation), an administrator adds the client ID, which is the number of the service account, with the access token scope of this configuration. Then import the key file (JSON) under "Next steps", or with "znuny-oauth2 service-account import" on the server. Nobody has to consent. The helpdesk itself cannot renew tokens of this configuration, because only the sidecar has the key.',
    ),
    appliesTo: isServiceAccount,
  },
  {
    // Not stored: it only lets a configuration be saved before it has a certificate.
    name: 'WithCertificate',
    kind: 'switch',
    section: 'base',
    label: phrase('Certificate instead of a client secret'),
    help: phrase(
      'Leave the client secret empty, save, and run "znuny-oauth2 certificate create" with the name of this configuration on the server. It shows the certificate to upload to the app registration. Only the sidecar can use it: the helpdesk itself cannot renew tokens of this configuration.',
    ),
    appliesTo: (document) =>
      isOfMicrosoft(document) && !document.ClientSecret && certificatesOf(document).length === 0,
  },
  {
    name: 'Certificates',
    kind: 'shown',
    section: 'base',
    label: phrase('Certificates'),
    help: phrase(
      'The sidecar signs in with the first certificate that the provider accepts, otherwise with the client secret, if one is stored. Only the sidecar has the keys: without a client secret, the helpdesk itself cannot renew tokens of this configuration. Use "znuny-oauth2 certificate" on the server to change them.',
    ),
    appliesTo: (document) => certificatesOf(document).length > 0,
  },
  {
    name: 'ClientSecretExpires',
    kind: 'date',
    section: 'base',
    label: phrase('Client secret valid until'),
    help: phrase('Optional. The date that the provider shows. You are warned 30, 14, and 3 days before.'),
    key: 'Config.Sidecar.ClientSecretExpires',
    check: secretEnd,
    appliesTo: hasSecret,
  },
  {
    name: 'WithoutPerson',
    kind: 'shown',
    section: 'base',
    label: phrase('Consent'),
    text: phrase(
      'Not needed: the app obtains its tokens with its secret alone (client credentials). At the provider, the app must be given access to each mailbox.',
    ),
    appliesTo: (document) => isClientCredentials(document) && hasSecret(document),
  },
  {
    name: 'RedirectURI',
    kind: 'copied',
    section: 'base',
    label: phrase('Redirect URI'),
    help: phrase('Register exactly this address with the provider.'),
    hints: {
      microsoft: phrase('In the Entra admin centre, add it under the platform Web.'),
      google: phrase('In the Google Cloud console, add it to the authorized redirect URIs.'),
    },
    // Without a person, Microsoft's admin consent comes back to it.
    appliesTo: (document) => asksPerson(document) || isOfMicrosoft(document),
  },
  {
    name: 'Permissions',
    kind: 'permissions',
    section: 'base',
    label: phrase('Permissions to add'),
    appliesTo: isInEntra,
  },
  {
    name: 'ValidID',
    kind: 'choice',
    section: 'base',
    label: phrase('Validity'),
    key: 'ValidID',
    required: true,
    options: VALIDITIES,
  },
  {
    name: 'TemplateName',
    kind: 'shown',
    section: 'base',
    label: phrase('Template'),
    help: phrase('This is the template that was used to create this OAuth2 token configuration.'),
    key: 'Config.TemplateName',
  },
  {
    name: 'Scope',
    kind: 'scopes',
    section: 'scope',
    label: phrase('Access token scope'),
    key: 'Config.Scope',
    check: appScope,
  },
  {
    name: 'NotifyOnExpiredToken',
    kind: 'switch',
    section: 'notifications',
    label: phrase('Expired token'),
    help: phrase('Shows a notification for admins below the top menu if the OAuth2 token has expired.'),
    key: 'Config.Notifications.NotifyOnExpiredToken',
  },
  {
    name: 'NotifyOnExpiredRefreshToken',
    kind: 'switch',
    section: 'notifications',
    label: phrase('Expired refresh token'),
    help: phrase(
      'Shows a notification for admins below the top menu if the OAuth2 refresh token has expired or the provider no longer accepts it.',
    ),
    key: 'Config.Notifications.NotifyOnExpiredRefreshToken',
    appliesTo: asksPerson,
  },
  endpoint('AuthorizationCode', phrase('URL for authorization code')),
  endpoint('TokenByAuthorizationCode', phrase('URL for token by authorization code')),
  {
    ...endpoint('TokenByRefreshToken', phrase('URL for token by refresh token')),
    // A stored document may lack the request for renewals.
    required: ({ document, stored }) => !stored || document.Requests?.TokenByRefreshToken !== undefined,
  },
  {
    ...endpoint('TokenByClientCredentials', phrase('URL for token by client credentials')),
    check: appEndpoint,
  },
  {
    name: 'PKCE',
    kind: 'switch',
    section: 'advanced',
    label: phrase('Use PKCE'),
    help: phrase('Protects the authorization code (RFC 7636). Disable it only if the provider rejects it.'),
    key: 'Config.Sidecar.PKCE',
    isOn: true,
    appliesTo: asksPerson,
  },
  {
    name: 'Issuer',
    kind: 'address',
    section: 'advanced',
    label: phrase('Issuer'),
    help: phrase(
      'Compared with "iss" in the provider\'s authorization response (RFC 9207) and ID token. Optional.',
    ),
    key: 'Config.Sidecar.Issuer',
    appliesTo: asksPerson,
  },
  {
    name: 'RequireIssuer',
    kind: 'switch',
    section: 'advanced',
    label: phrase('Require iss'),
    help: phrase(
      'Rejects an authorization response without the parameter iss (RFC 9207). Enable this only if the provider always sends it.',
    ),
    key: 'Config.Sidecar.RequireIssuer',
    appliesTo: asksPerson,
  },
  {
    name: 'UserInfoURL',
    kind: 'address',
    section: 'advanced',
    label: phrase('URL for user info'),
    help: phrase(
      'Requested once after a consent to find out who authorized access, if the provider sends no ID token. Optional.',
    ),
    key: 'Config.Sidecar.UserInfoURL',
    appliesTo: asksPerson,
  },
  {
    name: 'rows',
    kind: 'rows',
    section: 'advanced',
    label: phrase('Parameter'),
    key: 'Config.Requests',
  },
] as const satisfies readonly FormField[];

type Row = (typeof TABLE)[number];

/** The fields' values by their names. */
export type TokenConfigForm = {
  -readonly [R in Row as R['kind'] extends keyof FieldValues
    ? R['name']
    : never]: R['kind'] extends keyof FieldValues ? FieldValues[R['kind']] : never;
};

/** The rows without their individual types, for code that treats all alike. */
export const FORM_FIELDS: readonly FormField[] = TABLE;

/** The fields that a document has. */
export const fieldsOf = (document: TokenConfigDocument): FormField[] =>
  FORM_FIELDS.filter(({ appliesTo }) => appliesTo?.(document) ?? true);
