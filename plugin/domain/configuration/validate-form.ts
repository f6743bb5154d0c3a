import type { Phrase } from '../../lib/phrase.js';
import { fieldFault } from './field-checks.js';
import type { CheckSubject } from './form-field.js';
import { fieldsOf, type TokenConfigForm } from './form-fields.js';
import { cloudMixture } from './microsoft-cloud.js';
import { validateRows } from './request-rows.js';
import { applyForm, valueIn } from './token-config-form.js';

/** ID of an input -> what is wrong, in English for translation. */
export type FormFault = Record<string, Phrase>;

/** @returns the faults in the order of the form; empty if there are none */
export function validateForm(form: TokenConfigForm, subject: Omit<CheckSubject, 'textOf'>): FormFault {
  const textOf = (name: string) => String(valueIn(form, name));
  const faults: FormFault = {};
  for (const field of fieldsOf(subject.document)) {
    const fault = fieldFault(field, textOf(field.name), { ...subject, textOf });
    if (fault) faults[field.name] = fault;
  }
  // A field's own fault comes first: its value may not even be a URL.
  const mixture = cloudMixture(applyForm(subject.document, form));
  if (mixture) faults[mixture.field] ??= mixture.text;
  return { ...faults, ...validateRows(form.rows, subject.document) };
}
