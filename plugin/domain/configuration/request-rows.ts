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

/** One line of the advanced part: a parameter with its fixed value or its variable. */
export interface Row {
  name: string;
  value: string;
}

/** Fixed parameters of a request, its filled-in ones, and what is read from the answer. */
export const SECTIONS = ['Fixed', 'Mapped', 'Answer'] as const;
export type Section = (typeof SECTIONS)[number];

/** `AuthorizationCodeFixed` …; a section that a form did not send stays as stored. */
export type SectionName = `${RequestKind}${Section}`;
export type RequestRows = Partial<Record<SectionName, Row[]>>;

/** Where a section stands. */
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

/** Lists, maps and null are nothing that a row could show. */
const isPlain = (value: unknown): value is string | number | boolean =>
  ['string', 'number', 'boolean'].includes(typeof value);

/** Is there a stored value that no page shows? An empty row of the same name keeps it. */
const isHidden = (stored: Values, name: string): boolean =>
  Object.hasOwn(stored, name) && isSecret(name, stored[name]);

/** Names of a section whose stored values are secrets. */
export const hiddenNames = (
  document: TokenConfigDocument,
  { kind, section }: { kind: RequestKind; section: Section },
) => {
  const stored = valuesOf(document.Requests?.[kind], section);
  return Object.keys(stored).filter((name) => isHidden(stored, name));
};

/** The rows of a document, without the values that are secrets. */
export const rowsOf = (document: TokenConfigDocument): RequestRows =>
  Object.fromEntries(
    SECTION_NAMES.map(({ name, kind, section }) => [
      name,
      Object.entries(valuesOf(document.Requests?.[kind], section)).flatMap(([key, value]) =>
        isPlain(value) ? [{ name: key, value: isSecret(key, value) ? '' : String(value) }] : [],
      ),
    ]),
  );

/** The variables that a row of a section can choose. What would put a secret into an address line is not offered. */
export const variablesOf = (kind: RequestKind, section: Section): readonly string[] => {
  if (section === 'Answer') return RESPONSE_VARIABLES;
  return kind === 'AuthorizationCode'
    ? ['ClientID', 'Scope', 'RedirectURL', 'State']
    : REQUEST_VARIABLES.filter((name) => name !== 'State');
};

const isEmpty = ({ name, value }: Row): boolean => name === '' && value === '';

/** What the rows say, with everything that no row shows; an unchanged number stays a number. */
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

/** The request with the rows of a section; the same object where nothing is to be changed. */
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
    // A request that there was none of and that stays empty is not made.
    if (!given || (!requests[kind] && given.every(isEmpty))) continue;
    requests[kind] = withSection(requests[kind] ?? {}, section, given);
  }
  return requests;
}

/** Sent by the sidecar itself, fresh for each request. */
const OURS = ['state', 'nonce', 'code_challenge', 'code_challenge_method', 'code_verifier'];

function nameFault(row: Row, before: Row[], section: Section, stored: Values): Phrase | undefined {
  if (row.name === '') return phrase('The name of the parameter is missing.');
  if (before.some(({ name }) => name === row.name)) return phrase('There is already a row with this name.');
  if (Object.hasOwn(stored, row.name)) return undefined;
  if (row.name.length > MAX_NAME) return phrase('At most %s characters.', MAX_NAME);
  // RFC 6749 §8.2 and appendix A: name-char.
  if (!/^[\w.-]+$/.test(row.name))
    return phrase('Only letters, digits, "-", "." and "_" are possible in a name.');
  if (section === 'Fixed' && OURS.includes(row.name))
    return phrase('This parameter is sent by itself, new with each request.');
  return undefined;
}

function valueFault(row: Row, variables: readonly string[] | null, stored: Values): Phrase | undefined {
  if (row.value === '' && isHidden(stored, row.name)) return undefined;
  if (row.value === '' && variables === null && isSecret(row.name, row.value))
    return phrase('This field is required.');
  if (Object.hasOwn(stored, row.name) && String(stored[row.name]) === row.value) return undefined;
  if (variables && !variables.includes(row.value)) return phrase('Choose one of the offered values.');
  return row.value.length > MAX_VALUE ? phrase('At most %s characters.', MAX_VALUE) : undefined;
}

/**
 * What is wrong with the rows. What is stored already is never a fault, however odd.
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
