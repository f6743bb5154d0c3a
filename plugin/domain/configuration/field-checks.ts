import { type Phrase, phrase } from '../../lib/phrase.js';
import { isClientCredentials } from './auth-flow.js';
import { secretEndsAt } from './client-secret-end.js';
import { type CheckSubject, type FieldKind, type FormField, isKept, type RuleSubject } from './form-field.js';
import { isGuid, isTenant, SHARED_TENANTS, tenantOf } from './microsoft-tenant.js';

/** Checks a field's value that is not empty and says what is wrong with it. */
type Check = (value: string, subject: CheckSubject) => Phrase | undefined;

/**
 * An absolute http(s) URL without a fragment (RFC 6749 §3.1). Uses no URL parser, because the domain knows no
 * platform.
 */
export const ADDRESS = /^https?:\/\/[^\s/?#@]+(?:\/[^\s?#]*)?(?:\?[^\s#]*)?$/i;

const address: Check = (value) =>
  ADDRESS.test(value)
    ? undefined
    : phrase('Enter a URL that begins with https:// (or http://) and has no fragment.');

const date: Check = (value) =>
  secretEndsAt(value) ? undefined : phrase('Enter a date in the form 2027-12-31.');

/** The characters of client ID and client secret (RFC 6749, appendix A). */
const printable: Check = (value) =>
  /^[\x20-\x7e]*$/.test(value)
    ? undefined
    : phrase('Only printable ASCII characters are allowed here (RFC 6749).');

/** Do the endpoints of the form belong to Microsoft? */
const isMicrosofts = ({ textOf }: CheckSubject): boolean =>
  ['TokenByAuthorizationCodeRequestURL', 'TokenByClientCredentialsRequestURL'].some(
    (name) => tenantOf(textOf(name)) !== undefined,
  );

/** Microsoft's client IDs are GUIDs. A stored one that is something else may stay. */
export const clientId: Check = (value, subject) =>
  printable(value, subject) ??
  (isMicrosofts(subject) && value !== subject.document.ClientID && !isGuid(value)
    ? phrase('Enter the Application (client) ID, a GUID like 1b2c3d4e-1111-2222-3333-444455556666.')
    : undefined);

/** Microsoft shows a secret's ID, a GUID, beside its value; the value is never a GUID and has no spaces. */
export const clientSecret: Check = (value, subject) => {
  const fault = printable(value, subject);
  if (fault || !isMicrosofts(subject)) return fault;
  if (isGuid(value))
    return phrase(
      'This is the ID of a client secret. Enter its Value, which the Entra admin centre shows only right after the secret was created.',
    );
  return value.includes(' ') ? phrase('A client secret contains no spaces. Copy it again.') : undefined;
};

/** The address of a user, as an assertion names it. */
export const mailboxAddress: Check = (value) =>
  /^[^\s@]+@[^\s@]+\.[^\s@]+$/.test(value)
    ? undefined
    : phrase('Enter an e-mail address like support@example.com.');

/** Rejects the old client secret's expiry for a new secret. */
export const secretEnd: Check = (day, { document, now, textOf }) =>
  day < now.toISOString().slice(0, 10) &&
  textOf('ClientSecret') !== '' &&
  day === document.Sidecar?.ClientSecretExpires
    ? phrase(
        'This is the expiry date of the old client secret. Enter the date of the new one, or clear the field.',
      )
    : undefined;

const isShared = (tenant: string): boolean =>
  (SHARED_TENANTS as readonly string[]).includes(tenant.toLowerCase());

/** Microsoft refuses client credentials over a shared tenant (AADSTS9001023). */
const oneTenant = (shared: string): Phrase =>
  phrase(
    'An app that signs in without a person needs one specific tenant, and "%s" is not one. Enter the tenant\'s directory ID (GUID) or a domain, as shown in the Entra admin centre.',
    shared,
  );

/** The token endpoint of client credentials names a tenant, unless the field for the tenant replaces what it names. */
export const appEndpoint: Check = (value, { textOf }) => {
  const named = tenantOf(value) ?? '';
  return isShared(named) && textOf('TenantBefore') !== named ? oneTenant(named) : undefined;
};

/**
 * Microsoft gives an app without a person all its permissions at one resource, never single ones (AADSTS1002012). A
 * stored scope may stay.
 */
export const appScope: Check = (value, subject) =>
  isClientCredentials(subject.document) &&
  isMicrosofts(subject) &&
  !(subject.stored && value === subject.document.Scope) &&
  !/^\S+\/\.default$/.test(value)
    ? phrase(
        'An app that signs in without a person has one scope, which ends with /.default: https://outlook.office365.com/.default',
      )
    : undefined;

const tenant: Check = (value, { document, textOf }) => {
  const fault = phrase('Enter a directory ID (GUID) or a domain, as shown in the Entra admin centre.');
  if (isClientCredentials(document) && isShared(value)) return oneTenant(value);
  return value === textOf('TenantBefore') || isTenant(value) ? undefined : fault;
};

const length =
  (maxLength: number): Check =>
  (value) =>
    [...value].length > maxLength ? phrase('At most %s characters.', maxLength) : undefined;

const BY_KIND: Partial<Record<FieldKind, Check>> = { address, endpoint: address, date, tenant };

/** Must the field have a value? Its row decides; a stored secret is kept, so its field may be empty. */
export function isRequired(field: FormField, subject: RuleSubject): boolean {
  const { required = false } = field;
  if (isKept(field, subject)) return false;
  return typeof required === 'function' ? required(subject) : required;
}

/** What is wrong with a field's value as text: required, length, kind, then the field's own check. */
export function fieldFault(field: FormField, value: string, subject: CheckSubject): Phrase | undefined {
  const { kind, maxLength, options, check } = field;
  if (value === '') return isRequired(field, subject) ? phrase('This field is required.') : undefined;
  if (options && !Object.hasOwn(options, value)) return phrase('Choose one of the listed values.');
  const checks = [maxLength === undefined ? undefined : length(maxLength), BY_KIND[kind], check];
  for (const one of checks) {
    const fault = one?.(value, subject);
    if (fault) return fault;
  }
  return undefined;
}
