import type { FieldKind, FieldValues, FormField } from '../domain/configuration/form-field.js';
import { hasValue } from '../domain/configuration/form-field.js';
import { FORM_FIELDS, fieldsOf, type TokenConfigForm } from '../domain/configuration/form-fields.js';
import {
  type RequestRows,
  type Row,
  SECTION_NAMES,
  type SectionName,
} from '../domain/configuration/request-rows.js';
import { scopeList } from '../domain/configuration/scopes.js';
import type { TokenConfigDocument } from '../domain/configuration/token-config.js';
import { followTenant } from '../domain/configuration/token-config-form.js';
import { inEnglish } from '../lib/phrase.js';
import { type Call, type Option, UsageError } from './command.js';

type Given = Pick<Call, 'text' | 'texts'>;

/** What the help calls the value of an option; a kind that is not listed is none that a person enters. */
const VALUE_NAMES: Partial<Record<FieldKind, string>> = {
  text: 'TEXT',
  secret: 'FILE',
  date: 'YYYY-MM-DD',
  address: 'URL',
  endpoint: 'URL',
  tenant: 'TENANT',
  scopes: 'SCOPES',
  choice: 'VALUE',
  switch: 'yes|no',
  rows: 'ROW',
};

/** `UserInfoURL` -> `user-info-url`. */
const kebab = (name: string): string =>
  name
    .replace(/([a-z\d])([A-Z])/g, '$1-$2')
    .replace(/([A-Z])([A-Z][a-z])/g, '$1-$2')
    .toLowerCase();

/** The option that sets a field, without `--`; Name is the command's argument and has none. */
function optionNameOf({ name, kind, label }: FormField): string | null {
  if (name === 'Name' || VALUE_NAMES[kind] === undefined) return null;
  // A choice has an ID in the form and words here.
  if (kind === 'choice') return kebab(inEnglish(label));
  if (kind === 'secret') return `${kebab(name)}-file`;
  return kind === 'rows' ? 'parameter' : kebab(name.replace(/RequestURL$/, 'URL'));
}

const SECRET_HELP = 'file that contains it; without this option, or with "-", standard input is read';
/** Where the help of the form speaks of the page. */
const OWN_HELP: Readonly<Record<string, string>> = {
  Tenant:
    'common, organizations, consumers, or one tenant by its directory ID or a domain; the endpoints of the template are changed to match',
  WithCertificate:
    'no client secret; create the certificate afterwards with "certificate create". Without a client secret, the helpdesk itself cannot renew tokens of this configuration',
};
const ROWS_HELP =
  'SECTION:NAME=VALUE sets a parameter of a request, SECTION:NAME removes it; may be given several times';

function optionOf(field: FormField): Option {
  const { name, kind, label, help, options } = field;
  const usual = OWN_HELP[name] ?? inEnglish(help ?? '');
  const more = kind === 'secret' ? SECRET_HELP : kind === 'rows' ? ROWS_HELP : usual;
  return {
    value: VALUE_NAMES[kind] ?? 'TEXT',
    description: more === '' ? inEnglish(label) : `${inEnglish(label)}: ${more}`,
    ...(kind === 'switch' ? { choices: ['yes', 'no'] } : {}),
    ...(options ? { choices: Object.values(options) } : {}),
    ...(kind === 'rows' ? { many: true } : {}),
  };
}

/** The options of the fields that a test picks; one row of the form's table is one option. */
export const formOptions = (isWanted: (field: FormField) => boolean = () => true): Record<string, Option> =>
  Object.fromEntries(
    FORM_FIELDS.filter(isWanted).flatMap((field) => {
      const name = optionNameOf(field);
      return name === null ? [] : [[name, optionOf(field)]];
    }),
  );

/** The sections that --parameter accepts, and what is in them. */
export const PARAMETER_SECTIONS = SECTION_NAMES.map(({ name, kind, section }) => {
  const what = { Fixed: 'fixed values', Mapped: 'parameter = variable', Answer: 'value = variable' }[section];
  return [name, `${what}, ${section === 'Answer' ? 'read from the response' : 'sent'} (${kind})`] as const;
});

function readRow(text: string): { section: SectionName; name: string; value: string | undefined } {
  const [, word, name = '', value] = /^(\w+):([^=]+)(?:=(.*))?$/s.exec(text) ?? [];
  const section = SECTION_NAMES.find((one) => one.name === word)?.name;
  if (!section)
    throw new UsageError(
      `--parameter "${text}" is not SECTION:NAME=VALUE with one of ${SECTION_NAMES.map((one) => one.name).join(', ')}.`,
    );
  return { section, name: name.trim(), value: value?.trim() };
}

function withRows(rows: RequestRows, texts: readonly string[]): RequestRows {
  const changed = { ...rows };
  for (const { section, name, value } of texts.map(readRow)) {
    const others: Row[] = (changed[section] ?? []).filter((row) => row.name !== name);
    changed[section] = value === undefined ? others : [...others, { name, value }];
  }
  return changed;
}

type Readers = {
  [K in keyof FieldValues]: (given: string, field: FormField) => FieldValues[K];
};

const same = (given: string): string => given;

const READERS: Omit<Readers, 'rows' | 'secret'> = {
  text: same,
  date: same,
  address: same,
  endpoint: same,
  tenant: same,
  hidden: same,
  scopes: (given) => scopeList(given).join(' '),
  choice: (given, { options = {} }) =>
    Number(Object.entries(options).find(([, name]) => name === given)?.[0]),
  switch: (given) => given === 'yes',
};

/**
 * Puts the given options into a form, as a person would: first the tenant, which the endpoints follow, then the
 * rest. Secrets are not options and are left out.
 * @param document the configuration or template, which decides which fields there are
 * @throws UsageError for an option whose field the document does not have
 */
export function fillForm(form: TokenConfigForm, document: TokenConfigDocument, call: Given): TokenConfigForm {
  const has = fieldsOf(document);
  const values = FORM_FIELDS.filter(hasValue).flatMap((field): [string, unknown][] => {
    const option = optionNameOf(field);
    if (option === null || field.kind === 'secret') return [];
    const given = field.kind === 'rows' ? undefined : call.text(option)?.trim();
    const rows = field.kind === 'rows' ? call.texts(option) : [];
    if (given === undefined && rows.length === 0) return [];
    if (!has.includes(field)) throw new UsageError(`--${option} does not apply to this configuration.`);
    if (field.kind === 'rows') return [[field.name, withRows(form.rows, rows)]];
    return [[field.name, READERS[field.kind](given ?? '', field)]];
  });
  const given = Object.fromEntries(values) as Partial<TokenConfigForm>;
  const moved = followTenant({ ...form, ...(given.Tenant === undefined ? {} : { Tenant: given.Tenant }) });
  return { ...moved, ...given };
}

/** The faults of a form by the options that set the fields; `rows` are the form's. */
export function faultsByOption<T>(fields: Readonly<Record<string, T>>, rows: RequestRows): Record<string, T> {
  return Object.fromEntries(
    Object.entries(fields).map(([id, text]) => {
      const field = FORM_FIELDS.find(({ name }) => name === id);
      if (field) {
        const option = optionNameOf(field);
        return [option === null ? id : `--${option}`, text];
      }
      const [, section = '', at = ''] = /^(\w+?)(?:Name|Value)(\d+)$/.exec(id) ?? [];
      const row = rows[section as SectionName]?.[Number(at)];
      return [`--parameter ${section}:${row?.name ?? at}`, text];
    }),
  );
}
