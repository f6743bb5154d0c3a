import { ADDRESS } from '../../domain/configuration/field-checks.js';
import { FORM_FIELDS, FORM_SECTIONS, fieldsOf } from '../../domain/configuration/form-fields.js';
import { ENDPOINT, OWN_TENANT } from '../../domain/configuration/microsoft-tenant.js';
import { SECRET_NAME } from '../../lib/secret-names.js';
import type { Reader } from '../reader.js';
import { presentField, type ShownField } from './form-field.js';
import type { FormView } from './form-view.js';
import { isInRow, labelInRow, presentRequests } from './request-rows.js';

/** The position of an input in the form; the rows come last, in their own order. */
const placeOf = (id: string): number => {
  const at = FORM_FIELDS.findIndex(({ name }) => name === id);
  return at < 0 ? FORM_FIELDS.length : at;
};

function labelOf(id: string, t: Reader['t']): string {
  const field = FORM_FIELDS.find(({ name }) => name === id);
  return field ? t(field.label) : labelInRow(id, t);
}

/** Is it in the part that is folded? */
const isAdvanced = (id: string): boolean =>
  isInRow(id) || FORM_FIELDS.some(({ name, section }) => name === id && section === 'advanced');

/** Patterns that the page's own script checks while the admin types, ignoring case. */
const PATTERNS = {
  address: ADDRESS.source,
  endpoint: ENDPOINT.source,
  tenant: OWN_TENANT.source,
  secret: SECRET_NAME.source,
};

/** What the page of a form shows of its fields. */
export function presentForm(view: FormView) {
  const { document, errors, addRow, t } = view;
  const summary = Object.entries(errors)
    .map(([field, text]) => ({ field, text, label: labelOf(field, t) }))
    .sort((one, other) => placeOf(one.field) - placeOf(other.field));
  /** The first faulty field gets the focus, even without a script. */
  const focus = summary[0]?.field;
  const fields = fieldsOf(document).flatMap((field): ShownField[] => {
    const shown = presentField(field, view);
    return shown ? [{ ...shown, focus }] : [];
  });
  return {
    summary,
    focus,
    sections: Object.entries(FORM_SECTIONS).map(([id, title]) => ({
      title: t(title),
      advanced: id === 'advanced',
      fields: fields.filter(({ section }) => section === id),
    })),
    requests: presentRequests(view),
    patterns: PATTERNS,
    /** The advanced part is unfolded from the start. */
    open: addRow !== undefined || summary.some(({ field }) => isAdvanced(field)),
  };
}
