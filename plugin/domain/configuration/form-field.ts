import type { Phrase } from '../../lib/phrase.js';
import type { RequestRows } from './request-rows.js';
import type { TokenConfigDocument } from './token-config.js';

/** The value of a field in a form, by the field's kind. A kind that is missing here is only shown. */
export interface FieldValues {
  text: string;
  /** Never shown; an empty one keeps the stored value. */
  secret: string;
  /** `YYYY-MM-DD`, or '' where it is not known. */
  date: string;
  /** An absolute http(s) address. */
  address: string;
  /** The address of one of the requests; follows Microsoft's tenant. */
  endpoint: string;
  /** Microsoft's tenant; '' where there is none, or the endpoints name different ones. */
  tenant: string;
  /** Sent along unseen. */
  hidden: string;
  /** Separated by spaces. */
  scopes: string;
  /** One of the row's options. */
  choice: number;
  switch: boolean;
  /** Parameters of the requests; a missing section stays as stored. */
  rows: RequestRows;
}

/** `copied` is an address to copy, `shown` a text. */
export type FieldKind = keyof FieldValues | 'copied' | 'shown';

/** What a form is about. */
export interface FormSource {
  /** What is stored, or the template. */
  document: TokenConfigDocument;
  /** false for a new configuration: then nothing is stored yet. */
  stored: boolean;
}

/** What a rule may look at besides the field's own value. */
export interface RuleSubject extends FormSource {
  /** Another field of the same form, by its name. */
  textOf(name: string): string;
}

export interface CheckSubject extends RuleSubject {
  /** For the end of a new client secret. */
  now: Date;
}

/** One field of the form of a token configuration: a row of `FORM_FIELDS`. */
export interface FormField {
  /** Name and ID of the input, name of the value in the form. */
  name: string;
  kind: FieldKind;
  section: 'base' | 'scope' | 'notifications' | 'advanced';
  label: Phrase;
  /** Stands below the field. */
  help?: Phrase;
  /** In place of the help, or behind it: where the value stands at the provider, or goes there. */
  hints?: { microsoft?: Phrase; google?: Phrase };
  /**
   * Where the value stands in an entry of an export: below `Config` is the document, everything else is a column.
   * Without a key nothing is stored.
   */
  key?: string;
  required?: boolean | ((subject: RuleSubject) => boolean);
  /** In characters. */
  maxLength?: number;
  /** Is there something wrong with a value that is not empty? Asked after what the kind itself checks. */
  check?(value: string, subject: CheckSubject): Phrase | undefined;
  /** The value of a field that is not stored as it is shown. */
  read?(document: TokenConfigDocument): string;
  /** The documents that have this field; without it all. Elsewhere the stored value stays. */
  appliesTo?(document: TokenConfigDocument): boolean;
  /** Of a choice: value -> its name. */
  options?: Readonly<Record<number, string>>;
  /** Of a switch: what counts where nothing is stored. Default false. */
  isOn?: true;
  /** Of a secret: in place of the help where one is stored. */
  keptHelp?: Phrase;
  /** Of a secret: said where the form comes back without it. */
  retype?: Phrase;
  /** Of a shown text: the text; without it the page gives it. */
  text?: Phrase;
}

/** Is there a value of it in a form? */
export const hasValue = (field: FormField): field is FormField & { kind: keyof FieldValues } =>
  field.kind !== 'copied' && field.kind !== 'shown';

/** The key's words below `Config`; none for a column, or where nothing is stored. */
export const placeOf = ({ key = '' }: FormField): string[] =>
  key.startsWith('Config.') ? key.split('.').slice(1) : [];

/** Keys below `Sidecar` are ours; they appear in a document only once they differ from the default. */
export const isOwnOption = (field: FormField): boolean => placeOf(field)[0] === 'Sidecar';

/** What a document holds in the place of a field; undefined where there is nothing. */
export function storedAt(field: FormField, document: TokenConfigDocument): unknown {
  let value: unknown = document;
  for (const word of placeOf(field)) value = (value as Record<string, unknown> | null | undefined)?.[word];
  return value;
}

/** Is there a stored secret that an empty field keeps? */
export const isKept = (field: FormField, { document, stored }: FormSource): boolean =>
  field.kind === 'secret' && stored && Boolean(storedAt(field, document));
