import { inEnglish } from '../../lib/phrase.js';
import type { FieldKind, FormField } from './form-field.js';
import { FORM_FIELDS } from './form-fields.js';

/** The possible values, as in a file of configurations. */
const VALUES: Partial<Record<FieldKind, string>> = {
  secret: 'text',
  date: 'YYYY-MM-DD',
  address: 'an address',
  endpoint: 'an address',
  scopes: 'scopes, separated by spaces',
  rows: 'names and values, as in an export',
};

function valuesOf({ kind, options, isOn }: FormField): string {
  if (options)
    return Object.entries(options)
      .map((option) => option.join(' '))
      .join(', ');
  if (kind === 'switch') return isOn ? '1 (default) or 0' : '0 (default) or 1';
  return VALUES[kind] ?? 'text';
}

/** A field as it appears in a file of configurations. */
export interface DescribedField {
  /** Its key in an entry of the file: `Config.Sidecar.PKCE`. */
  key: string;
  label: string;
  /** The possible values. */
  values: string;
  help: string;
}

/** All stored fields in the order of the form, in English. */
export const describedFields = (): DescribedField[] =>
  FORM_FIELDS.flatMap((field) =>
    field.key === undefined
      ? []
      : [
          {
            key: field.key,
            label: inEnglish(field.label),
            values: valuesOf(field),
            help: inEnglish(field.help ?? ''),
          },
        ],
  );
