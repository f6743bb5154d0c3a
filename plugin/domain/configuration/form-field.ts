import type { Phrase } from '../../lib/phrase.js';
import type { RequestRows } from './request-rows.js';
import type { TokenConfigDocument } from './token-config.js';

/** The value of a field in a form, by the field's kind. A kind that is not listed here is only shown. */
export interface FieldValues {
  text: string;
  /** Never shown; an empty one keeps the stored value. */
  secret: string;
  /** `YYYY-MM-DD`, or '' if it is unknown. */
  date: string;
  /** An absolute http(s) URL. */
  address: string;
  /** The URL of one of the requests; it follows Microsoft's tenant. */
  endpoint: string;
  /** Microsoft's tenant; '' if there is none or the endpoints have different ones. */
  tenant: string;
  /** Sent with the form, but not shown. */
  hidden: string;
  /** Separated by spaces. */
  scopes: string;
  /** One of the field's options. */
  choice: number;
  switch: boolean;
  /** The parameters of the requests; a missing section stays as stored. */
  rows: RequestRows;
}

/** `copied` is a URL to copy, `shown` a text, `permissions` what an app registration needs. */
export type FieldKind = keyof FieldValues | 'copied' | 'shown' | 'permissions';

/** What a form edits. */
export interface FormSource {
  /** The stored document, or the template. */
  document: TokenConfigDocument;
  /** false for a new configuration that is not stored yet. */
  stored: boolean;
}

/** What a rule can read in addition to the field's own value. */
export interface RuleSubject extends FormSource {
  /** The text of another field of the same form. */
  textOf(name: string): string;
}

export interface CheckSubject extends RuleSubject {
  /** The current time, to check when a new client secret expires. */
  now: Date;
}

/** One field of a token configuration's form: a row of `FORM_FIELDS`. */
export interface FormField {
  /** Name and ID of the input, and name of the value in the form. */
  name: string;
  kind: FieldKind;
  section: 'base' | 'scope' | 'notifications' | 'advanced';
  label: Phrase;
  /** Shown below the field. */
  help?: Phrase;
  /** Shown after the help: where the provider shows the value, or expects it. */
  hints?: { microsoft?: Phrase; google?: Phrase; serviceAccount?: Phrase };
  /**
   * The key of the value in an entry of an export: `Config` contains the document, everything else is a
   * column. Without a key the value is not stored.
   */
  key?: string;
  required?: boolean | ((subject: RuleSubject) => boolean);
  /** In characters. */
  maxLength?: number;
  /** Returns a fault of a value that is not empty. Called after the checks of the kind. */
  check?(value: string, subject: CheckSubject): Phrase | undefined;
  /** Reads the value of a field that is not stored as it is shown. */
  read?(document: TokenConfigDocument): string;
  /**
   * Does the document have this field? If missing, all documents do. In other documents the stored value is
   * kept.
   */
  appliesTo?(document: TokenConfigDocument): boolean;
  /** For a choice: value -> its name. */
  options?: Readonly<Record<number, string>>;
  /** For a switch: the value if nothing is stored. Default false. */
  isOn?: true;
  /** For a secret: replaces the help if one is stored. */
  keptHelp?: Phrase;
  /** For a secret: shown if the form comes back without it. */
  retype?: Phrase;
  /** For a shown text: the text; if missing, the page provides it. */
  text?: Phrase;
}

/** Does a form contain a value for it? */
export const hasValue = (field: FormField): field is FormField & { kind: keyof FieldValues } =>
  field.kind !== 'copied' && field.kind !== 'shown' && field.kind !== 'permissions';

/** The parts of the key below `Config`; empty for a column and for a field that is not stored. */
export const placeOf = ({ key = '' }: FormField): string[] =>
  key.startsWith('Config.') ? key.split('.').slice(1) : [];

/** Keys below `Sidecar` are our own; they are added to a document only if they differ from the default. */
export const isOwnOption = (field: FormField): boolean => placeOf(field)[0] === 'Sidecar';

/** The stored value of a field in a document; undefined if there is none. */
export function storedAt(field: FormField, document: TokenConfigDocument): unknown {
  let value: unknown = document;
  for (const word of placeOf(field)) value = (value as Record<string, unknown> | null | undefined)?.[word];
  return value;
}

/** Is there a stored secret that an empty field keeps? */
export const isKept = (field: FormField, { document, stored }: FormSource): boolean =>
  field.kind === 'secret' && stored && Boolean(storedAt(field, document));
