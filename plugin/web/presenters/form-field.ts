import { isClientCredentials } from '../../domain/configuration/auth-flow.js';
import { isRequired } from '../../domain/configuration/field-checks.js';
import { type FieldKind, type FormField, isKept } from '../../domain/configuration/form-field.js';
import { permissionsOf, portalUrl } from '../../domain/configuration/microsoft-setup.js';
import { isGuid, SHARED_TENANTS, tenantOf } from '../../domain/configuration/microsoft-tenant.js';
import { explainScope, scopeList } from '../../domain/configuration/scopes.js';
import { isServiceAccount } from '../../domain/configuration/service-account.js';
import { ENDPOINTS, valueIn } from '../../domain/configuration/token-config-form.js';
import { providerOf } from '../../domain/provider/provider.js';
import { type Phrase, phrase } from '../../lib/phrase.js';
import type { FormView } from './form-view.js';

const DELEGATED_STEPS = phrase(
  'In the app registration under API permissions: Add a permission → Microsoft Graph → Delegated permissions. If users may not consent themselves, an administrator then chooses Grant admin consent.',
);
const APPLICATION_STEPS = phrase(
  'In the app registration under API permissions: Add a permission → APIs my organization uses → Office 365 Exchange Online → Application permissions. An administrator then chooses Grant admin consent.',
);

const TENANTS: Record<(typeof SHARED_TENANTS)[number], Phrase> = {
  common: phrase('common: work, school and personal accounts'),
  organizations: phrase('organizations: work and school accounts of any tenant'),
  consumers: phrase('consumers: personal accounts (Outlook.com, Hotmail)'),
};

/** null: the configuration is not Microsoft's. */
function presentTenant({ form, document, t }: FormView) {
  const { Tenant: tenant, TenantBefore: before } = form;
  if (before === '' && !ENDPOINTS.some((name) => tenantOf(String(valueIn(form, name))))) return null;
  const shared = (SHARED_TENANTS as readonly string[]).includes(tenant);
  // Without a person there is no other choice.
  const one = isClientCredentials(document);
  return {
    before,
    options: (one ? [] : SHARED_TENANTS).map((value) => ({
      value,
      text: t(TENANTS[value]),
      checked: tenant === value,
    })),
    own: one || (!shared && (tenant !== '' || before !== '')),
    ownValue: shared ? '' : tenant,
    mixed: tenant === '' && before === '',
  };
}

/** The requested scopes, then those that the template would add. */
function scopesOf({ form, template }: FormView): { value: string; checked: boolean }[] {
  const chosen = scopeList(form.Scope);
  const offered = scopeList(String(template?.Scope ?? '')).filter((scope) => !chosen.includes(scope));
  return [...chosen, ...offered].map((value, at) => ({ value, checked: at < chosen.length }));
}

function presentScopes(name: string, view: FormView) {
  const { t } = view;
  return scopesOf(view).map(({ value, checked }, at) => ({
    id: `${name}${at}`,
    value,
    checked,
    explanation: t(explainScope(value) ?? phrase('The sidecar does not know this scope.')),
  }));
}

/** What to add in the Entra admin centre; a scope that is not requested needs no permission yet. */
function presentPermissions(name: string, view: FormView) {
  const { document, form, uses = null, t } = view;
  const scopes = scopesOf(view);
  const requested = scopes.filter(({ checked }) => checked).map(({ value }) => value);
  const all = permissionsOf(
    document,
    scopes.map(({ value }) => value),
    uses,
  );
  return {
    steps: t(isClientCredentials(document) ? APPLICATION_STEPS : DELEGATED_STEPS),
    permissions: all.map((permission, at) => ({
      ...permission,
      id: `${name}${at}`,
      chosen: permission.scope === '' || requested.includes(permission.scope),
    })),
    url: portalUrl(form.ClientID),
    urlText: t(
      isGuid(form.ClientID)
        ? phrase('Open the permissions of this app in the Entra admin centre')
        : phrase('Open the app registrations in the Entra admin centre'),
    ),
  };
}

type Details = (value: unknown, field: FormField, view: FormView) => object | null;

const plain: Details = (value) => ({ value });
const wide: Details = (value) => ({ value, wide: true });

/**
 * How a field of each kind is shown: its partial, and what the partial needs in addition to label, help and
 * fault.
 */
const KINDS: Readonly<Partial<Record<FieldKind, readonly [partial: string, details: Details]>>> = {
  text: ['text-field', plain],
  // An entered secret is not sent back.
  secret: ['secret-field', (value, { retype }, { t }) => ({ retype: value && retype && t(retype) })],
  date: ['text-field', (value) => ({ value, type: 'date', placeholder: '2027-12-31' })],
  address: ['text-field', wide],
  endpoint: ['text-field', wide],
  tenant: ['tenant-field', (_value, _field, view) => presentTenant(view)],
  scopes: ['scope-field', (_value, { name }, view) => ({ scopes: presentScopes(name, view) })],
  choice: [
    'choice-field',
    (value, { options = {} }, { t }) => ({
      options: Object.entries(options).map(([option, name]) => ({
        value: option,
        name: t(name),
        selected: Number(option) === value,
      })),
    }),
  ],
  switch: ['switch-field', plain],
  permissions: ['permissions-field', (_value, { name }, view) => presentPermissions(name, view)],
  copied: ['copied-field', (_value, { name }, { shown, warnings }) => ({ value: shown?.[name], warnings })],
  shown: [
    'shown-field',
    (_value, { name, text }, { shown, t }) => ({ value: text ? t(text) : shown?.[name] }),
  ],
  // `hidden` is part of the tenant's partial; `rows` are shown per request, separately from the fields.
};

/** The help below a field, including the hint for the provider. */
function explain(field: FormField, view: FormView): string {
  const { t } = view;
  if (field.keptHelp && isKept(field, view)) return t(field.keptHelp);
  const { TokenByAuthorizationCodeRequestURL, TokenByClientCredentialsRequestURL } = view.form;
  const provider = providerOf(TokenByAuthorizationCodeRequestURL || TokenByClientCredentialsRequestURL);
  const kind = isServiceAccount(view.document) ? 'serviceAccount' : provider;
  const hint = kind === 'other' ? undefined : field.hints?.[kind];
  return [field.help, hint].flatMap((text) => (text ? [t(text)] : [])).join(' ');
}

/** A field as its partial shows it. */
export interface ShownField {
  name: string;
  kind: FieldKind;
  section: FormField['section'];
  partial: string;
  label: string;
  explanation: string;
  mandatory: boolean;
  maxlength: number | undefined;
  error: string | undefined;
  [detail: string]: unknown;
}

/** @returns null if the page does not show the field */
export function presentField(field: FormField, view: FormView): ShownField | null {
  const { name, kind, section, label, maxLength } = field;
  const [partial = '', details] = KINDS[kind] ?? [];
  const more = details?.(valueIn(view.form, name), field, view);
  if (!more) return null;
  const textOf = (other: string) => String(valueIn(view.form, other));
  return {
    name,
    kind,
    section,
    partial,
    label: view.t(label),
    explanation: explain(field, view),
    mandatory: isRequired(field, { ...view, textOf }),
    maxlength: maxLength,
    error: view.errors[name],
    ...more,
  };
}
