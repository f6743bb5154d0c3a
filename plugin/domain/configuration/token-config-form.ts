import { readField, writeField } from './field-values.js';
import { type FieldValues, hasValue } from './form-field.js';
import { FORM_FIELDS, fieldsOf, type TokenConfigForm } from './form-fields.js';
import { isTenant, tenantOf, withTenant } from './microsoft-tenant.js';
import { applyRows } from './request-rows.js';
import type { TokenConfigDocument } from './token-config.js';

type Value = FieldValues[keyof FieldValues];

/** The value of a form's field, whatever its type. */
export const valueIn = (form: TokenConfigForm, name: string): Value =>
  (form as unknown as Record<string, Value>)[name] ?? '';

/** The form's values for a document. Secrets are left out, because no page may contain them. */
export function formOf(
  document: TokenConfigDocument,
  { name = '', validId = 1 }: { name?: string; validId?: number } = {},
): TokenConfigForm {
  const values = FORM_FIELDS.filter(hasValue).map((field) => [field.name, readField(field, document)]);
  return { ...Object.fromEntries(values), Name: name, ValidID: validId } as TokenConfigForm;
}

/** The names of the form's fields that contain an endpoint. */
export const ENDPOINTS = FORM_FIELDS.filter(({ kind }) => kind === 'endpoint').map(({ name }) => name);

/**
 * Moves the endpoints to a new tenant: those that still have the tenant with which the form was shown. An
 * endpoint that was edited by hand has another tenant, or is not Microsoft's, and stays.
 */
export function followTenant(form: TokenConfigForm): TokenConfigForm {
  const { Tenant: tenant, TenantBefore: before } = form;
  if (tenant === before || !isTenant(tenant)) return form;
  const urls = ENDPOINTS.map((name) => {
    const url = String(valueIn(form, name));
    const follows = before === '' || tenantOf(url) === before;
    return [name, follows ? withTenant(url, tenant) : url];
  });
  return { ...form, ...Object.fromEntries(urls), TenantBefore: tenant };
}

/** The document with the form's values; what no field shows is kept. */
export function applyForm(document: TokenConfigDocument, form: TokenConfigForm): TokenConfigDocument {
  const withRows: TokenConfigDocument = { ...document, Requests: applyRows(document, form.rows) };
  return fieldsOf(document).reduce(
    (changed, field) => writeField(changed, field, valueIn(form, field.name)),
    withRows,
  );
}
