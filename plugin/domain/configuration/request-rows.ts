import { type Phrase, phrase } from '../../lib/phrase.js';
import { isSecret } from './document-secrets.js';
import {
  REQUEST_KINDS,
  REQUEST_VARIABLES,
  RESPONSE_VARIABLES,
  type RequestDefinition,
  type RequestKind,
  type TokenConfigDocument,
} from './token-config.js';

/** One row of the form's advanced part: a parameter with its fixed value or its variable. */
export interface Row {
  name: string;
  value: string;
}

/** A request's fixed parameters, its mapped parameters, and what is read from the answer. */
export const SECTIONS = ['Fixed', 'Mapped', 'Answer'] as const;
export type Section = (typeof SECTIONS)[number];

/** `AuthorizationCodeFixed` …; a section that the form does not send stays as stored. */
export type SectionName = `${RequestKind}${Section}`;
export type RequestRows = Partial<Record<SectionName, Row[]>>;

/** Each section with its request. */
export const SECTION_NAMES = REQUEST_KINDS.flatMap((kind) =>
  SECTIONS.map((section) => ({ name: `${kind}${section}` as SectionName, kind, section })),
);

const MAX_ROWS = 30;
const MAX_NAME = 100;
const MAX_VALUE = 2000;

type Values = Record<string, unknown>;

const valuesOf = (request: RequestDefinition | undefined, section: Section): Values => {
  if (section === 'Answer') return request?.Response?.ParametersMapping ?? {};
  return (
    (section === 'Fixed' ? request?.Request?.Parameters : request?.Request?.AutofilledParametersMapping) ?? {}
  );
};

/** A row cannot show lists, maps and null. */
const isPlain = (value: unknown): value is string | number | boolean =>
  ['string', 'number', 'boolean'].includes(typeof value);

/** Is there a stored value that no page shows? An empty row of the same name keeps it. */
const isHidden = (stored: Values, name: string): boolean =>
  Object.hasOwn(stored, name) && isSecret(name, stored[name]);

/** The names in a section whose stored values are secrets. */
export const hiddenNames = (
  document: TokenConfigDocument,
  { kind, section }: { kind: RequestKind; section: Section },
) => {
  const stored = valuesOf(document.Requests?.[kind], section);
  return Object.keys(stored).filter((name) => isHidden(stored, name));
};

/** The rows of a document, without the values of secrets. */
export const rowsOf = (document: TokenConfigDocument): RequestRows =>
  Object.fromEntries(
    SECTION_NAMES.map(({ name, kind, section }) => [
      name,
      Object.entries(valuesOf(document.Requests?.[kind], section)).flatMap(([key, value]) =>
        isPlain(value) ? [{ name: key, value: isSecret(key, value) ? '' : String(value) }] : [],
      ),
    ]),
  );

/**
 * The variables that a row of a section can use, without those that would put a secret into the browser's
 * URL.
 */
export const variablesOf = (kind: RequestKind, section: Section): readonly string[] => {
  if (section === 'Answer') return RESPONSE_VARIABLES;
  return kind === 'AuthorizationCode'
    ? ['ClientID', 'Scope', 'RedirectURL', 'State']
    : REQUEST_VARIABLES.filter((name) => name !== 'State');
};

const isEmpty = ({ name, value }: Row): boolean => name === '' && value === '';

/** Combines the rows with everything that no row shows; an unchanged number stays a number. */
function merged(stored: Values, rows: Row[]): Values {
  const hidden = Object.entries(stored).filter(([, value]) => !isPlain(value));
  const shown = rows
    .filter((row) => !isEmpty(row))
    .map(({ name, value }) => [
      name,
      isPlain(stored[name]) && (String(stored[name]) === value || (value === '' && isHidden(stored, name)))
        ? stored[name]
        : value,
    ]);
  return { ...Object.fromEntries(hidden), ...Object.fromEntries(shown) };
}

/** The request with the rows of a section; the same object if nothing changes. */
function withSection(request: RequestDefinition, section: Section, rows: Row[]): RequestDefinition {
  const stored = valuesOf(request, section);
  const next = merged(stored, rows);
  if (JSON.stringify(next) === JSON.stringify(stored)) return request;
  if (section === 'Answer') return { ...request, Response: { ...request.Response, ParametersMapping: next } };
  const key = section === 'Fixed' ? 'Parameters' : 'AutofilledParametersMapping';
  return { ...request, Request: { ...request.Request, [key]: next } };
}

/** The document's requests with the rows of a form. */
export function applyRows(
  document: TokenConfigDocument,
  rows: RequestRows,
): NonNullable<TokenConfigDocument['Requests']> {
  const requests: NonNullable<TokenConfigDocument['Requests']> = { ...document.Requests };
  for (const { name, kind, section } of SECTION_NAMES) {
    const given = rows[name];
    // Do not create a request that did not exist and stays empty.
    if (!given || (!requests[kind] && given.every(isEmpty))) continue;
    requests[kind] = withSection(requests[kind] ?? {}, section, given);
  }
  return requests;
}

/** Parameters that the sidecar itself sends, new with each request. */
const OURS = ['state', 'nonce', 'code_challenge', 'code_challenge_method', 'code_verifier'];

function nameFault(row: Row, before: Row[], section: Section, stored: Values): Phrase | undefined {
  if (row.name === '') return phrase('The name of the parameter is missing.');
  if (before.some(({ name }) => name === row.name)) return phrase('Another row already has this name.');
  if (Object.hasOwn(stored, row.name)) return undefined;
  if (row.name.length > MAX_NAME) return phrase('At most %s characters.', MAX_NAME);
  // RFC 6749 §8.2 and appendix A: name-char.
  if (!/^[\w.-]+$/.test(row.name))
    return phrase('A name may contain only letters, digits, "-", ".", and "_".');
  if (section === 'Fixed' && OURS.includes(row.name))
    return phrase('This parameter is sent automatically with a new value for each request.');
  return undefined;
}

function valueFault(row: Row, variables: readonly string[] | null, stored: Values): Phrase | undefined {
  if (row.value === '' && isHidden(stored, row.name)) return undefined;
  if (row.value === '' && variables === null && isSecret(row.name, row.value))
    return phrase('This field is required.');
  if (Object.hasOwn(stored, row.name) && String(stored[row.name]) === row.value) return undefined;
  if (variables && !variables.includes(row.value)) return phrase('Choose one of the listed values.');
  return row.value.length > MAX_VALUE ? phrase('At most %s characters.', MAX_VALUE) : undefined;
}

/**
 * Validates the rows. A value that is already stored is never a fault, however odd it is.
 * @returns ID of an input (`AuthorizationCodeFixedName0`, `…Value0`) -> what is wrong
 */
export function validateRows(rows: RequestRows, document: TokenConfigDocument): Record<string, Phrase> {
  const faults: Record<string, Phrase> = {};
  for (const { name, kind, section } of SECTION_NAMES) {
    const given = rows[name] ?? [];
    const stored = valuesOf(document.Requests?.[kind], section);
    const variables = section === 'Fixed' ? null : variablesOf(kind, section);
    if (given.length > MAX_ROWS) faults[`${name}Name${MAX_ROWS}`] = phrase('At most %s rows.', MAX_ROWS);
    given.slice(0, MAX_ROWS).forEach((row, at) => {
      if (isEmpty(row)) return;
      const inName = nameFault(row, given.slice(0, at), section, stored);
      const inValue = valueFault(row, variables, stored);
      if (inName) faults[`${name}Name${at}`] = inName;
      if (inValue) faults[`${name}Value${at}`] = inValue;
    });
  }
  return faults;
}
