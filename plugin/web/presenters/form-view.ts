import type { FormSource } from '../../domain/configuration/form-field.js';
import type { TokenConfigForm } from '../../domain/configuration/form-fields.js';
import type { MailUses } from '../../domain/configuration/microsoft-setup.js';
import type { TokenConfigDocument } from '../../domain/configuration/token-config.js';
import type { Reader } from '../reader.js';

/** ID of an input -> what is wrong, translated. */
export type Errors = Record<string, string>;

/** Everything that the page of a form shows. */
export interface FormView extends FormSource {
  form: TokenConfigForm;
  /** The current template, whose further scopes are offered. */
  template: TokenConfigDocument | undefined;
  errors: Errors;
  t: Reader['t'];
  /** What a new configuration is for; null or missing: unknown. */
  uses?: MailUses | null;
  /** The section whose "Add rows" was pressed. */
  addRow?: string | undefined;
  /** Field -> its text, for fields whose text is not in the form. */
  shown?: Readonly<Record<string, string>>;
  /** Warnings about the redirect URI. */
  warnings?: readonly object[];
}
