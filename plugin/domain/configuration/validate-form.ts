import { type Phrase, phrase } from '../../lib/phrase.js';
import { isClientCredentials } from './auth-flow.js';
import { secretEndsAt } from './client-secret-end.js';
import { isTenant, SHARED_TENANTS } from './microsoft-tenant.js';
import { validateRows } from './request-rows.js';
import type { TokenConfigDocument } from './token-config.js';
import { type TokenConfigForm, urlFieldsOf } from './token-config-form.js';

/** ID of a form field -> what is wrong, in English for translation. */
export type FormFault = Record<string, Phrase>;

const REQUIRED = phrase('This field is required.');
const NOT_ASCII = phrase('Only printable ASCII characters are possible here (RFC 6749).');
const NO_ADDRESS = phrase(
  'This must be an address that begins with https:// (or http://) and has no fragment.',
);
const PRINTABLE = /^[\x20-\x7e]*$/;

/** An absolute http(s) address without a fragment (RFC 6749 §3.1). No URL parser: the domain knows no platform. */
const ADDRESS = /^https?:\/\/[^\s/?#@]+(?:\/[^\s?#]*)?(?:\?[^\s#]*)?$/i;

export interface FormSubject {
  /** What is stored, or the template. */
  document: TokenConfigDocument;
  /** false for a new configuration: then nothing is stored yet. */
  stored: boolean;
  /** For the end of a new client secret. */
  now: Date;
}

function expiryFault(form: TokenConfigForm, { document, now }: FormSubject): Phrase | undefined {
  const day = form.ClientSecretExpires;
  if (day === '') return undefined;
  if (!secretEndsAt(day)) return phrase('This must be a date like 2027-12-31.');
  const past = day < now.toISOString().slice(0, 10);
  // The end of the old secret is not the end of the new one.
  if (past && form.ClientSecret !== '' && day === document.Sidecar?.ClientSecretExpires)
    return phrase('This is the end of the old client secret. Enter that of the new one, or empty the field.');
  return undefined;
}

function secretFault(form: TokenConfigForm, { document, stored }: FormSubject): Phrase | undefined {
  const kept = stored && Boolean(document.ClientSecret);
  if (form.ClientSecret === '') return kept ? undefined : REQUIRED;
  return PRINTABLE.test(form.ClientSecret) ? undefined : NOT_ASCII;
}

const OWN_TENANT = phrase(
  'This must be the ID of a directory (GUID) or a domain, as the Entra admin centre shows it.',
);

function tenantFault(
  { Tenant, TenantBefore }: TokenConfigForm,
  { document }: FormSubject,
): Phrase | undefined {
  if (Tenant === '') return TenantBefore === '' ? undefined : REQUIRED;
  // A client without a person is at home in one directory.
  if (isClientCredentials(document) && (SHARED_TENANTS as readonly string[]).includes(Tenant))
    return OWN_TENANT;
  return Tenant === TenantBefore || isTenant(Tenant) ? undefined : OWN_TENANT;
}

/** @returns no keys where all is well; in the order of the form otherwise */
export function validateForm(form: TokenConfigForm, subject: FormSubject): FormFault {
  const faults: FormFault = {};
  const note = (field: keyof TokenConfigForm, fault: Phrase | undefined) => {
    if (fault) faults[field] = fault;
  };
  if (form.Name === '') note('Name', REQUIRED);
  else if ([...form.Name].length > 250) note('Name', phrase('At most 250 characters.'));
  note('Tenant', tenantFault(form, subject));
  if (form.ClientID === '') note('ClientID', REQUIRED);
  else if (!PRINTABLE.test(form.ClientID)) note('ClientID', NOT_ASCII);
  note('ClientSecret', secretFault(form, subject));
  note('ClientSecretExpires', expiryFault(form, subject));
  if (![1, 2, 3].includes(form.ValidID)) note('ValidID', phrase('Choose one of the offered values.'));
  const renews = subject.document.Requests?.TokenByRefreshToken !== undefined || !subject.stored;
  for (const field of urlFieldsOf(subject.document)) {
    // A stored document may lack the request of renewals.
    const optional = field === 'TokenByRefreshTokenRequestURL' && !renews;
    if (form[field] === '') note(field, optional ? undefined : REQUIRED);
    else if (!ADDRESS.test(form[field])) note(field, NO_ADDRESS);
  }
  for (const field of ['Issuer', 'UserInfoURL'] as const)
    if (form[field] !== '' && !ADDRESS.test(form[field])) note(field, NO_ADDRESS);
  return { ...faults, ...validateRows(form.rows, subject.document) };
}
