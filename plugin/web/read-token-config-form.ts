import { type FieldValues, hasValue } from '../domain/configuration/form-field.js';
import { FORM_FIELDS, type TokenConfigForm } from '../domain/configuration/form-fields.js';
import { SECTION_NAMES } from '../domain/configuration/request-rows.js';
import { scopeList } from '../domain/configuration/scopes.js';
import { followTenant } from '../domain/configuration/token-config-form.js';
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
function readScopes(parameters: Parameters, name: string): string {
  const all = [...parameters.every(name), textIn(parameters, `${name}More`)].join(' ');
  if (all.length > MAX_SCOPES) throw new SidecarError('bad-request', { log: 'The scopes are too long' });
  return scopeList(all).join(' ');
}

const textIn = (parameters: Parameters, name: string): string => (parameters.one(name) ?? '').trim();

/** How a field of each kind comes out of what was sent. */
const READERS: { [K in keyof FieldValues]: (parameters: Parameters, name: string) => FieldValues[K] } = {
  text: textIn,
  secret: textIn,
  date: textIn,
  address: textIn,
  endpoint: textIn,
  hidden: textIn,
  tenant: (parameters, name) => {
    const chosen = textIn(parameters, name);
    return chosen === 'own' ? textIn(parameters, `${name}Own`) : chosen;
  },
  scopes: readScopes,
  choice: (parameters, name) => Number(textIn(parameters, name)),
  switch: (parameters, name) => parameters.flag(name),
  rows: readRows,
};

/** The form as it was sent, with its endpoints already at its tenant. */
export function readForm(parameters: Parameters): TokenConfigForm {
  const values = FORM_FIELDS.filter(hasValue).map(({ name, kind }) => [
    name,
    READERS[kind](parameters, name),
  ]);
  return followTenant(Object.fromEntries(values) as TokenConfigForm);
}
