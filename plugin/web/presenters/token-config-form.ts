import { isClientCredentials, requestKindsOf } from '../../domain/configuration/auth-flow.js';
import { SHARED_TENANTS, tenantOf } from '../../domain/configuration/microsoft-tenant.js';
import {
  hiddenNames,
  type Row,
  SECTION_NAMES,
  SECTIONS,
  type Section,
  variablesOf,
} from '../../domain/configuration/request-rows.js';
import { explainScope, scopeList } from '../../domain/configuration/scopes.js';
import type { RequestKind, TokenConfigDocument } from '../../domain/configuration/token-config.js';
import {
  type TokenConfigForm,
  URL_FIELD_NAMES,
  URL_FIELDS,
  urlFieldsOf,
} from '../../domain/configuration/token-config-form.js';
import { type Provider, providerOf } from '../../domain/provider/provider.js';
import { type Phrase, phrase } from '../../lib/phrase.js';
import { isSecretName } from '../../lib/secret-names.js';
import { VALIDITIES } from './token-config-row.js';

export type Texts = (text: Phrase) => string;

/** Empty lines below the filled ones of a section. */
const SPARE_ROWS = 2;
/** After "Add rows". */
const MORE_ROWS = 5;

const TENANTS: Record<(typeof SHARED_TENANTS)[number], Phrase> = {
  common: phrase('common: work, school and personal accounts'),
  organizations: phrase('organizations: work and school accounts of any tenant'),
  consumers: phrase('consumers: personal accounts (Outlook.com, Hotmail)'),
};

const REQUEST_TITLES: Record<RequestKind, Phrase> = {
  AuthorizationCode: phrase('Request for an authorization code (in the browser)'),
  TokenByAuthorizationCode: phrase('Request for a token by authorization code'),
  TokenByRefreshToken: phrase('Request for a token by refresh token'),
  TokenByClientCredentials: phrase('Request for a token by client credentials'),
};

const SECTION_TITLES: Record<Section, Phrase> = {
  Fixed: phrase('Fixed parameters'),
  Mapped: phrase('Parameters that are filled in'),
  Answer: phrase('What is read from the answer'),
};

/** Where a field's value stands at the provider, or goes there. */
const HINTS: Partial<Record<Provider, Record<string, Phrase>>> = {
  microsoft: {
    ClientID: phrase('In the Entra admin centre: Application (client) ID.'),
    ClientSecret: phrase('In the Entra admin centre: the Value of a client secret, not its Secret ID.'),
    RedirectURI: phrase('In the Entra admin centre it belongs to the platform Web.'),
  },
  google: {
    ClientID: phrase('In the Google Cloud console; it ends with .apps.googleusercontent.com.'),
    RedirectURI: phrase('In the Google Cloud console it belongs to the authorized redirect URIs.'),
  },
};

const presentHints = (form: TokenConfigForm, t: Texts) =>
  Object.fromEntries(
    Object.entries(
      HINTS[providerOf(form.TokenByAuthorizationCodeRequestURL || form.TokenByClientCredentialsRequestURL)] ??
        {},
    ).map(([field, hint]) => [field, t(hint)]),
  );

/** null: the configuration has nothing to do with Microsoft. */
function presentTenant(form: TokenConfigForm, t: Texts) {
  const microsoft = form.TenantBefore !== '' || URL_FIELD_NAMES.some((field) => tenantOf(form[field]));
  if (!microsoft) return null;
  const shared = (SHARED_TENANTS as readonly string[]).includes(form.Tenant);
  return {
    before: form.TenantBefore,
    options: SHARED_TENANTS.map((value) => ({
      value,
      text: t(TENANTS[value]),
      checked: form.Tenant === value,
    })),
    own: !shared && (form.Tenant !== '' || form.TenantBefore !== ''),
    ownValue: shared ? '' : form.Tenant,
    mixed: form.Tenant === '' && form.TenantBefore === '',
  };
}

/** What is asked for, then what the template would ask for besides. */
function presentScopes(form: TokenConfigForm, template: TokenConfigDocument | undefined, t: Texts) {
  const chosen = scopeList(form.Scope);
  const offered = scopeList(String(template?.Scope ?? '')).filter((scope) => !chosen.includes(scope));
  return [...chosen, ...offered].map((value, at) => {
    const explanation = explainScope(value);
    return {
      id: `Scope${at}`,
      value,
      checked: at < chosen.length,
      explanation: explanation ? t(explanation) : t(phrase('Nothing is known here about this scope.')),
    };
  });
}

function presentRow(
  name: string,
  row: Row,
  at: number,
  { variables, hidden, errors }: { variables: readonly string[] | null; hidden: string[]; errors: Errors },
) {
  const others = variables?.includes(row.value) || row.value === '' ? [] : [row.value];
  const secret = variables === null && isSecretName(row.name);
  return {
    nameId: `${name}Name${at}`,
    valueId: `${name}Value${at}`,
    name: row.name,
    // What was typed does not come back either.
    value: secret ? '' : row.value,
    secret,
    stored: hidden.includes(row.name),
    number: at + 1,
    options:
      variables && [...variables, ...others].map((value) => ({ value, selected: value === row.value })),
    nameError: errors[`${name}Name${at}`],
    valueError: errors[`${name}Value${at}`],
  };
}

type Errors = Record<string, string>;

function presentRequests({ form, document, errors, addRow }: FormView, t: Texts) {
  return requestKindsOf(document).map((kind) => ({
    kind,
    title: t(REQUEST_TITLES[kind]),
    urlField: URL_FIELD_NAMES.find((field) => URL_FIELDS[field] === kind),
    sections: SECTIONS.map((section) => {
      const name = SECTION_NAMES.find((one) => one.kind === kind && one.section === section)?.name;
      if (!name) throw new Error(`No section ${kind} ${section}`);
      const filled = form.rows[name] ?? [];
      const spare = Array.from({ length: addRow === name ? MORE_ROWS : SPARE_ROWS }, () => ({
        name: '',
        value: '',
      }));
      const variables = section === 'Fixed' ? null : variablesOf(kind, section);
      const hidden = hiddenNames(document, { kind, section });
      return {
        name,
        title: t(SECTION_TITLES[section]),
        answer: section === 'Answer',
        rows: [...filled, ...spare].map((row, at) => ({
          ...presentRow(name, row, at, { variables, hidden, errors }),
          focus: addRow === name && at === filled.length,
        })),
      };
    }),
  }));
}

const FIELD_LABELS: Record<string, Phrase> = {
  Name: phrase('Name'),
  Tenant: phrase('Tenant'),
  ClientID: phrase('Client ID'),
  ClientSecret: phrase('Client secret'),
  ClientSecretExpires: phrase('Client secret valid until'),
  ValidID: phrase('Validity'),
  AuthorizationCodeRequestURL: phrase('URL for authorization code'),
  TokenByAuthorizationCodeRequestURL: phrase('URL for token by authorization code'),
  TokenByRefreshTokenRequestURL: phrase('URL for token by refresh token'),
  TokenByClientCredentialsRequestURL: phrase('URL for token by client credentials'),
  Issuer: phrase('Issuer'),
  UserInfoURL: phrase('URL for user info'),
};

const FIELDS = Object.keys(FIELD_LABELS);
/** Where a field stands in the form; the rows come last, in their own order. */
const placeOf = (field: string): number => (FIELDS.includes(field) ? FIELDS.indexOf(field) : FIELDS.length);

/** `TokenByRefreshTokenFixedName2` is named by its request, its section and its row. */
function labelOf(field: string, t: Texts): string {
  const section = SECTION_NAMES.find(({ name }) => field.startsWith(name));
  if (!section) return FIELD_LABELS[field] ? t(FIELD_LABELS[field]) : field;
  const row = Number(/\d+$/.exec(field)?.[0] ?? 0) + 1;
  return [t(REQUEST_TITLES[section.kind]), t(SECTION_TITLES[section.section]), t(phrase('row %s', row))].join(
    ', ',
  );
}

export interface FormView {
  form: TokenConfigForm;
  /** What is stored, or the template: it says which requests there are. */
  document: TokenConfigDocument;
  /** Today's template, whose further scopes are offered. */
  template: TokenConfigDocument | undefined;
  errors: Errors;
  /** The section whose "Add rows" was pressed. */
  addRow?: string | undefined;
}

/** What the page of a form shows besides the plain values. */
export function presentForm(view: FormView, t: Texts) {
  const { form, document, template, errors, addRow } = view;
  const summary = Object.entries(errors)
    .map(([field, text]) => ({ field, text, label: labelOf(field, t) }))
    .sort((one, other) => placeOf(one.field) - placeOf(other.field));
  // The rows as they were typed may hold secrets; the page gets them from `requests`.
  const { rows: _rows, ...fields } = form;
  return {
    form: fields,
    errors,
    summary,
    /** The first faulty field gets the focus, also without a script. */
    focus: summary[0]?.field,
    tenant: presentTenant(form, t),
    hints: presentHints(form, t),
    scopes: presentScopes(form, template, t),
    /** Nobody agrees to anything: no redirect URI, no refresh token. */
    withoutPerson: isClientCredentials(document),
    endpoints: urlFieldsOf(document).map((name) => ({
      name,
      label: t(FIELD_LABELS[name] as Phrase),
      value: form[name],
      error: errors[name],
    })),
    requests: presentRequests(view, t),
    advanced: addRow !== undefined || summary.some(({ field }) => isAdvanced(field)),
    validities: Object.entries(VALIDITIES).map(([id, name]) => ({
      id,
      name: t(name),
      selected: Number(id) === form.ValidID,
    })),
  };
}

const isAdvanced = (field: string) =>
  (URL_FIELD_NAMES as string[]).includes(field) ||
  ['Issuer', 'UserInfoURL'].includes(field) ||
  SECTION_NAMES.some(({ name }) => field.startsWith(name));
