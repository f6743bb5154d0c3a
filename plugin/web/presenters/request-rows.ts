import { requestKindsOf } from '../../domain/configuration/auth-flow.js';
import {
  hiddenNames,
  type Row,
  SECTION_NAMES,
  SECTIONS,
  type Section,
  variablesOf,
} from '../../domain/configuration/request-rows.js';
import type { RequestKind } from '../../domain/configuration/token-config.js';
import { type Phrase, phrase } from '../../lib/phrase.js';
import { isSecretName } from '../../lib/secret-names.js';
import type { Reader } from '../reader.js';
import type { Errors, FormView } from './form-view.js';

/** Empty rows below the filled ones of a section. */
const SPARE_ROWS = 2;
/** The same after "Add rows". */
const MORE_ROWS = 5;

const REQUEST_TITLES: Record<RequestKind, Phrase> = {
  AuthorizationCode: phrase('Request for an authorization code (in the browser)'),
  TokenByAuthorizationCode: phrase('Request for a token by authorization code'),
  TokenByRefreshToken: phrase('Request for a token by refresh token'),
  TokenByClientCredentials: phrase('Request for a token by client credentials'),
};

const SECTION_TITLES: Record<Section, Phrase> = {
  Fixed: phrase('Fixed parameters'),
  Mapped: phrase('Automatic parameters'),
  Answer: phrase('Response parameters'),
};

function presentRow(
  name: string,
  row: Row,
  at: number,
  { variables, hidden, errors }: { variables: readonly string[] | null; hidden: string[]; errors: Errors },
) {
  const others = variables?.includes(row.value) || row.value === '' ? [] : [row.value];
  const secret = variables === null && isSecretName(row.name);
  return {
    nameId: `${name}Name${at}`,
    valueId: `${name}Value${at}`,
    name: row.name,
    // An entered secret is not sent back.
    value: secret ? '' : row.value,
    secret,
    stored: hidden.includes(row.name),
    number: at + 1,
    options:
      variables && [...variables, ...others].map((value) => ({ value, selected: value === row.value })),
    nameError: errors[`${name}Name${at}`],
    valueError: errors[`${name}Value${at}`],
  };
}

/** The requests of a document, with the parameters of each as rows. */
export function presentRequests({ form, document, errors, addRow, t }: FormView) {
  return requestKindsOf(document).map((kind) => ({
    kind,
    title: t(REQUEST_TITLES[kind]),
    sections: SECTIONS.map((section) => {
      const name = SECTION_NAMES.find((one) => one.kind === kind && one.section === section)?.name;
      if (!name) throw new Error(`No section ${kind} ${section}`);
      const filled = form.rows[name] ?? [];
      const spare = Array.from({ length: addRow === name ? MORE_ROWS : SPARE_ROWS }, () => ({
        name: '',
        value: '',
      }));
      const variables = section === 'Fixed' ? null : variablesOf(kind, section);
      const hidden = hiddenNames(document, { kind, section });
      return {
        name,
        title: t(SECTION_TITLES[section]),
        answer: section === 'Answer',
        rows: [...filled, ...spare].map((row, at) => ({
          ...presentRow(name, row, at, { variables, hidden, errors }),
          focus: addRow === name && at === filled.length,
        })),
      };
    }),
  }));
}

/** Is it the ID of an input in a row? */
export const isInRow = (id: string): boolean => SECTION_NAMES.some(({ name }) => id.startsWith(name));

/** The label of an input such as `TokenByRefreshTokenFixedName2`: its request, its section and its row. */
export function labelInRow(id: string, t: Reader['t']): string {
  const section = SECTION_NAMES.find(({ name }) => id.startsWith(name));
  if (!section) return id;
  const row = Number(/\d+$/.exec(id)?.[0] ?? 0) + 1;
  return [t(REQUEST_TITLES[section.kind]), t(SECTION_TITLES[section.section]), t(phrase('row %s', row))].join(
    ', ',
  );
}
