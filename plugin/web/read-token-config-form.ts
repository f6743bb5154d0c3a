import { type FieldValues, hasValue } from '../domain/configuration/form-field.js';
import { FORM_FIELDS, type TokenConfigForm } from '../domain/configuration/form-fields.js';
import { SECTION_NAMES } from '../domain/configuration/request-rows.js';
import { scopeList } from '../domain/configuration/scopes.js';
import { followTenant } from '../domain/configuration/token-config-form.js';
import { SidecarError } from '../errors.js';
import type { Parameters } from './parameters.js';

/** Reads rows from two lists of inputs of equal length; ignores a row whose inputs are both empty. */
function readRows(parameters: Parameters): TokenConfigForm['rows'] {
  const sections = SECTION_NAMES.map(({ name }) => {
    const names = parameters.every(`${name}Name`);
    const values = parameters.every(`${name}Value`);
    const rows = names.map((text, at) => ({ name: text.trim(), value: (values[at] ?? '').trim() }));
    return [name, names.length, rows.filter((row) => row.name !== '' || row.value !== '')] as const;
  });
  return Object.fromEntries(sections.filter(([, sent]) => sent > 0).map(([name, , rows]) => [name, rows]));
}

/** Longer than any provider accepts. */
const MAX_SCOPES = 64 * 1024;

/** The chosen scopes and the entered ones, each once. */
function readScopes(parameters: Parameters, name: string): string {
  const all = [...parameters.every(name), textIn(parameters, `${name}More`)].join(' ');
  if (all.length > MAX_SCOPES) throw new SidecarError('bad-request', { log: 'The scopes are too long' });
  return scopeList(all).join(' ');
}

const textIn = (parameters: Parameters, name: string): string => (parameters.one(name) ?? '').trim();

/** Reads the value of a field from the parameters, by the field's kind. */
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

/** Reads the form and moves its endpoints to its tenant. */
export function readForm(parameters: Parameters): TokenConfigForm {
  const values = FORM_FIELDS.filter(hasValue).map(({ name, kind }) => [
    name,
    READERS[kind](parameters, name),
  ]);
  return followTenant(Object.fromEntries(values) as TokenConfigForm);
}
