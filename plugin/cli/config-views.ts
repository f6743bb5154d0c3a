import { withoutSecrets } from '../domain/configuration/document-secrets.js';
import { readField } from '../domain/configuration/field-values.js';
import { type FormField, placeOf, storedAt } from '../domain/configuration/form-field.js';
import { fieldsOf } from '../domain/configuration/form-fields.js';
import { type TokenConfig, VALIDITIES } from '../domain/configuration/token-config.js';
import { inEnglish } from '../lib/phrase.js';

export const validityOf = ({ validId }: Pick<TokenConfig, 'validId'>): string =>
  VALIDITIES[validId as keyof typeof VALIDITIES] ?? 'invalid';

function textOf(field: FormField, { document }: Pick<TokenConfig, 'document'>, withSecrets: boolean): string {
  const stored = storedAt(field, document);
  if (field.kind === 'secret') return stored ? (withSecrets ? String(stored) : '(stored)') : '(none)';
  if (field.kind === 'switch') return readField(field, document) ? 'yes' : 'no';
  return String(withSecrets ? (stored ?? '') : readField(field, document));
}

/** The form's fields with their values in a configuration's document; URLs without the secrets in them. */
export const documentPairs = (
  config: Pick<TokenConfig, 'document'>,
  withSecrets: boolean,
): [label: string, text: string][] =>
  fieldsOf(config.document)
    .filter((field) => placeOf(field).length > 0 && field.kind !== 'rows')
    .map((field) => [inEnglish(field.label), textOf(field, config, withSecrets)]);

/** A configuration as JSON, with secrets only on request. */
export const asJson = (config: TokenConfig, withSecrets: boolean) => ({
  id: config.id,
  name: config.name,
  valid: config.validId === 1,
  validId: config.validId,
  config: withSecrets ? config.document : withoutSecrets(config.document),
  hasClientSecret: Boolean(config.document.ClientSecret),
  createTime: config.createTime,
  createBy: config.createBy,
  changeTime: config.changeTime,
  changeBy: config.changeBy,
});
