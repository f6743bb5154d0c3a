import type { SessionRows } from '../../plugin/domain/helpdesk/session.js';
import type { Database } from '../database.js';

/** The helpdesk's sessions: one row for each key. The setting SessionTable names the table. */
interface SessionRow {
  session_id: string;
  data_key: string;
  data_value: string | null;
  /** 1: a Perl structure, which none of our rules needs. */
  serialized: number;
}

/** The keys that the helpdesk's rules and our screens need; a session has dozens more. */
const KEYS = [
  'UserType',
  'UserID',
  'UserLogin',
  'UserRemoteAddr',
  'UserLastRequest',
  'UserSessionStart',
  'UserChallengeToken',
  'UserLanguage',
  'UserTimeZone',
  'UserSkin',
];

export interface SessionRowsDeps {
  db: Database;
  /** The setting SessionTable; default `sessions`. */
  table?: () => Promise<string> | string;
}

export function createSessionRows({ db, table = () => 'sessions' }: SessionRowsDeps): SessionRows {
  return {
    async read(sessionId) {
      // The ID comes from a cookie: reject what cannot be a session ID before querying the database.
      if (!/^[\x21-\x7e]{1,100}$/.test(sessionId)) return null;
      const from = await table();
      const rows: SessionRow[] = await db.run('sessions.read', (knex) =>
        knex(from)
          .select('session_id', 'data_key', 'data_value', 'serialized')
          .where({ session_id: sessionId })
          .whereIn('data_key', KEYS)
          .orderBy('id'),
      );
      // The column's collation does not distinguish `abc` from `ABC`; a session ID is a secret and must match
      // exactly.
      const own = rows.filter((row) => row.session_id === sessionId);
      if (own.length === 0) return null;
      return Object.fromEntries(
        own.filter(({ serialized }) => serialized === 0).map((row) => [row.data_key, row.data_value ?? '']),
      );
    },
  };
}
