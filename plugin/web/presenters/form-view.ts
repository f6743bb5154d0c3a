import type { FormSource } from '../../domain/configuration/form-field.js';
import type { TokenConfigForm } from '../../domain/configuration/form-fields.js';
import type { TokenConfigDocument } from '../../domain/configuration/token-config.js';
import type { Phrase } from '../../lib/phrase.js';

export type Texts = (text: Phrase) => string;

/** ID of an input -> what is wrong, translated. */
export type Errors = Record<string, string>;

/** Everything that the page of a form is made of. */
export interface FormView extends FormSource {
  form: TokenConfigForm;
  /** Today's template, whose further scopes are offered. */
  template: TokenConfigDocument | undefined;
  errors: Errors;
  /** The section whose "Add rows" was pressed. */
  addRow?: string | undefined;
  /** Field -> what it shows, for those whose text is not in the form. */
  shown?: Readonly<Record<string, string>>;
  /** What about the redirect URI will not work. */
  warnings?: readonly object[];
}
