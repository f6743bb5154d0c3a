import { type Phrase, phrase } from '../lib/phrase.js';
import { type TokenConfigForm, URL_FIELDS } from './token-config-form.js';

/** Form field -> what is wrong, in English for translation. */
export type FormFault = Partial<Record<keyof TokenConfigForm, Phrase>>;

const REQUIRED = phrase('This field is required.');
const NOT_ASCII = phrase('Only printable ASCII characters are possible here (RFC 6749).');
const NO_ADDRESS = phrase(
  'This must be an address that begins with https:// (or http://) and has no fragment.',
);
const PRINTABLE = /^[\x20-\x7e]*$/;

/** An absolute http(s) address without a fragment (RFC 6749 §3.1). No URL parser: the domain knows no platform. */
const ADDRESS = /^https?:\/\/[^\s/?#@]+(?:\/[^\s#]*)?(?:\?[^\s#]*)?$/i;

/**
 * @param secretStored an empty client secret keeps the stored one
 * @param optional endpoints that the stored document does not have, which is allowed for the renewal
 * @returns no keys where all is well
 */
export function validateForm(
  form: TokenConfigForm,
  secretStored: boolean,
  optional: readonly (keyof TokenConfigForm)[] = [],
): FormFault {
  const faults: FormFault = {};
  if (form.Name === '') faults.Name = REQUIRED;
  else if ([...form.Name].length > 250) faults.Name = phrase('At most 250 characters.');
  if (form.ClientID === '') faults.ClientID = REQUIRED;
  else if (!PRINTABLE.test(form.ClientID)) {
    faults.ClientID = NOT_ASCII;
  }
  if (form.ClientSecret === '' && !secretStored) faults.ClientSecret = REQUIRED;
  else if (!PRINTABLE.test(form.ClientSecret)) {
    faults.ClientSecret = NOT_ASCII;
  }
  for (const field of Object.keys(URL_FIELDS) as (keyof typeof URL_FIELDS)[]) {
    if (form[field] === '') {
      if (!optional.includes(field)) faults[field] = REQUIRED;
    } else if (!ADDRESS.test(form[field])) {
      faults[field] = NO_ADDRESS;
    }
  }
  if (form.Issuer !== '' && !ADDRESS.test(form.Issuer)) {
    faults.Issuer = NO_ADDRESS;
  }
  if (![1, 2, 3].includes(form.ValidID)) faults.ValidID = phrase('Choose one of the offered values.');
  return faults;
}
