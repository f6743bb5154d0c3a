import { PRODUCTS } from '../plugin/domain/product/records.js';
import { SidecarError } from '../plugin/errors.js';
import { type Phrase, phrase } from '../plugin/lib/phrase.js';
import type { Database } from './database.js';
import type { Column } from './dialect/catalog.js';

/** Table -> column -> limits. */
export type Columns = Map<string, Map<string, Column>>;

export interface ColumnReader {
  /**
   * The current limits on the server; read again after a minute, because the helpdesk may have been updated.
   */
  columns(): Promise<Columns>;
  /**
   * Rejects values that a table cannot hold, before anything is written.
   * @param table name of the table
   * @param values column -> [value, name of the form field]
   * @throws SidecarError value-too-long, invalid-token-config (characters that the column cannot hold), with
   *   fields
   */
  check(
    table: string,
    values: Record<string, [value: string | null | undefined, field: string]>,
  ): Promise<void>;
  /**
   * Shortens a text and replaces characters so that it fits. Only for texts that people read, never for
   * tokens.
   */
  fit(table: string, column: string, text: string): Promise<string>;
}

const MAX_AGE_MS = 60_000;

export function createColumnReader(db: Database, clock: () => Date = () => new Date()): ColumnReader {
  let known: { at: number; columns: Columns } | null = null;

  async function columns(): Promise<Columns> {
    const now = clock().getTime();
    if (known && now - known.at < MAX_AGE_MS) return known.columns;
    const read = await db.run('columns.read', (knex, { catalog }) =>
      catalog.columns(knex, db.name, READ_TABLES),
    );
    known = { at: now, columns: read };
    return read;
  }

  return {
    columns,
    async check(table, values) {
      const limits = (await columns()).get(table);
      const tooLong: Record<string, Phrase> = {};
      const unstorable: Record<string, Phrase> = {};
      for (const [name, [value, field]] of Object.entries(values)) {
        const column = limits?.get(name);
        if (value === null || value === undefined || !column) continue;
        if (!fitsCharset(value, column)) unstorable[field] = UNSTORABLE;
        else if (!fitsLength(value, column)) tooLong[field] = limit(column);
      }
      if (Object.keys(unstorable).length > 0)
        throw new SidecarError('invalid-token-config', {
          fields: unstorable,
          log: `${table}: characters that ${Object.keys(unstorable).join(', ')} cannot hold`,
        });
      if (Object.keys(tooLong).length > 0)
        throw new SidecarError('value-too-long', {
          fields: tooLong,
          detail: Object.entries(tooLong).flatMap(([field, text]) => [`${field}:`, text]),
        });
    },
    async fit(table, name, text) {
      const column = (await columns()).get(table)?.get(name);
      if (!column) return text;
      const certain = { ...column, highest: column.certain ?? column.highest };
      const orElse = (wanted: string, otherwise: string) =>
        fitsCharset(wanted, certain) ? wanted : otherwise;
      // The helpdesk replaces what its columns cannot hold by U+FFFD; an explanation with one is better than
      // none.
      const missing = orElse('\ufffd', '?');
      const plain = orElse(text, [...text].map((char) => orElse(char, missing)).join(''));
      if (fitsLength(plain, column)) return plain;
      const more = orElse('…', '...');
      const room =
        Math.min(column.maxCharacters ?? Infinity, Math.floor((column.maxBytes ?? Infinity) / 4)) -
        more.length;
      return `${[...plain].slice(0, room).join('')}${more}`;
    },
  };
}

const UNSTORABLE = phrase(
  "Contains characters, for example emoji, that the helpdesk's database cannot store. Remove them.",
);

/** The tables of the helpdesk and of its add-ons that the sidecar knows. */
const READ_TABLES = [
  'oauth2_token_config',
  'oauth2_token',
  'mail_account',
  'gi_webservice_config',
  'sendmail_config',
  'sessions',
  'users',
  'valid',
  'group_user',
  'group_role',
  'role_user',
  'roles',
  ...PRODUCTS.flatMap(({ groupTables }) => groupTables),
  'sysconfig_deployment',
  'z4o_mail_account',
  'z4o_oauth2_token',
  'z4o_oauth2_token_config',
];

/** Tokens are ASCII; checking their characters one by one would cost as much as writing them. */
const isAscii = (value: string): boolean => /^[\0-\x7f]*$/.test(value);

const fitsLength = (value: string, { maxCharacters, maxBytes }: Column): boolean =>
  (maxCharacters === null || (isAscii(value) ? value : [...value]).length <= maxCharacters) &&
  (maxBytes === null || Buffer.byteLength(value) <= maxBytes);

/** Text columns are limited in bytes, varchar in characters; report the one that people can count. */
const limit = ({ maxCharacters, maxBytes }: Column): Phrase =>
  maxCharacters === maxBytes
    ? phrase('At most %s bytes can be stored.', maxBytes ?? 0)
    : phrase('At most %s characters can be stored.', maxCharacters ?? 0);

/** A lone half of a surrogate pair is not a character in any set. */
const fitsCharset = (value: string, { lowest = 0, highest }: Column): boolean =>
  (lowest === 0 || !value.includes('\0')) &&
  (isAscii(value) ||
    (!/\p{Surrogate}/u.test(value) && [...value].every((char) => (char.codePointAt(0) ?? 0) <= highest)));
