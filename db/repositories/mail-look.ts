import { LONGEST_SAID, saidOf } from '../../plugin/domain/mailbox/fetch-cause.js';
import type { QueueFacts } from '../../plugin/domain/mailbox/fetch-facts.js';
import type { MailLook } from '../../plugin/domain/mailbox/mail-watch.js';
import { placeUrl, type RelayPlace } from '../../plugin/domain/relay/relay-listener.js';
import { sha256 } from '../../plugin/lib/hash.js';
import type { Database } from '../database.js';
import { datesOf, type Zone } from '../dates.js';
import type { Dialect } from '../dialect/dialect.js';
import { MAILBOX } from './mailbox-row.js';
import { time } from './renewal-row.js';

/** One row: how far the log has been read, and what was known then. */
export const WATCH = 'oauth2_sidecar_mail_watch';

/** Name of the lock, of the daemon's task, and of the setting's key. */
const FETCH = 'MailAccountFetch';

/** A change in one of these columns of an account is an admin's change. */
export const ACCOUNT_MARK =
  "CONCAT_WS('/', m.change_time, m.valid_id, COALESCE(m.oauth2_token_config_id, 0))";

interface LookRow {
  log_id: number | null;
  fetched_at: number | null;
  account_mark: string | null;
  queue: string | null;
  told_fetching: string | null;
  newest: number | null;
  lock_since: number | null;
  started: string | null;
  waiting: number;
  queued: string | null;
  attempts: number | null;
  last_tried: number | null;
  opened: number;
  changes_at: number | null;
}

/** Everything by primary keys and indexes, except the few rows of lock, task and queue. */
const LOOK = `SELECT w.log_id, w.fetched_at, w.account_mark, w.queue, w.told_fetching,
  (SELECT MAX(id) FROM communication_log) AS newest,
  (SELECT MIN(process_create) FROM process_id WHERE process_name = '${FETCH}') AS lock_since,
  (SELECT MAX(last_execution_time) FROM scheduler_recurrent_task WHERE name = '${FETCH}') AS started,
  (SELECT COUNT(*) FROM mail_queue WHERE attempts > 0) AS waiting,
  (SELECT MIN(create_time) FROM mail_queue WHERE attempts > 0) AS queued,
  (SELECT MAX(attempts) FROM mail_queue WHERE attempts > 0) AS attempts,
  (SELECT MAX(id) FROM mail_queue WHERE attempts > 0) AS last_tried,
  (SELECT COUNT(*) FROM ${MAILBOX} WHERE open_id IS NOT NULL) AS opened,
  (SELECT MIN(changes_at) FROM ${MAILBOX}) AS changes_at
  FROM (SELECT 1 AS one) o LEFT JOIN ${WATCH} w ON w.id = 1`;

/** Relay passwords and places decide which accounts use the relay. */
const RELAYED = `,
   (SELECT COUNT(*) FROM oauth2_sidecar_relay_password) AS passwords,
   (SELECT MAX(id) FROM oauth2_sidecar_relay_password) AS newest_password,
   (SELECT COUNT(*) FROM ${MAILBOX} b JOIN mail_account r ON r.id = b.account_id
    WHERE b.relay_config_id IS NOT NULL AND r.valid_id = 1) AS relayed`;

/**
 * How many accounts there are, their newest change, and a sum over all: any change of one changes it. The same for
 * relay passwords where the relay is switched on.
 */
const accountsMark = ({ expressions: { checksum }, columns }: Dialect, relay: RelayFacts) =>
  `SELECT COUNT(*) AS total, MAX(m.change_time) AS newest, SUM(${checksum(ACCOUNT_MARK)} + m.id) AS marks,
   SUM(CASE WHEN m.valid_id = 1 AND m.${columns.signIn} = 'oauth2_token' THEN 1 ELSE 0 END) AS mailboxes
   ${relay.places.length > 0 ? RELAYED : ''} FROM mail_account m`;

/** Of the sidecar's own settings: where the relay listens. */
export interface RelayFacts {
  places: readonly RelayPlace[];
}

function markOf(accounts: Record<string, unknown> | undefined, { places }: RelayFacts): string {
  const own = [accounts?.total, accounts?.newest, accounts?.marks];
  const relay =
    places.length > 0
      ? [accounts?.passwords, accounts?.newest_password, sha256(places.map(placeUrl).join(' ')).slice(0, 8)]
      : [];
  return [...own, ...relay].map(String).join('/').slice(0, 100);
}

/** No setting calls a fetch hanging earlier, so nobody needs to know who waits for it. Milliseconds. */
const SHORTEST_HANG = 60_000;

/**
 * The fetch that has not ended and began last, and how many mailboxes were fetched before it and not since; counted
 * only if it began before the time that is given.
 */
const openFetch = ({ columns }: Dialect) => `SELECT b.account_id, m.login, b.open_since,
  CASE WHEN EXISTS (SELECT 1 FROM communication_log l
    WHERE l.id > b.open_id AND l.direction = 'Incoming' AND l.account_id <> '') THEN 1 ELSE 0 END AS later,
  (SELECT MAX(start_time) FROM communication_log_object o
    WHERE o.communication_id = b.open_id AND o.object_type = 'Message') AS alive,
  CASE WHEN b.open_since > ? THEN 0 ELSE (SELECT COUNT(*) FROM ${MAILBOX} w JOIN mail_account a ON a.id = w.account_id
    WHERE a.valid_id = 1 AND a.${columns.signIn} = 'oauth2_token' AND a.id <> b.account_id
      AND COALESCE(w.fetched_at, w.failed_at) IS NOT NULL
      AND COALESCE(w.fetched_at, 0) <= b.open_since AND COALESCE(w.failed_at, 0) <= b.open_since) END AS waiting
  FROM ${MAILBOX} b JOIN mail_account m ON m.id = b.account_id
  WHERE b.open_id IS NOT NULL AND m.valid_id = 1 ORDER BY b.open_id DESC LIMIT 1`;

export const writeQueue = ({ since, ...queue }: QueueFacts): string =>
  JSON.stringify({ ...queue, since: since?.getTime() ?? null });

export function readQueue(text: string | null): QueueFacts {
  try {
    const { since, ...queue } = JSON.parse(text ?? '') as Omit<QueueFacts, 'since'> & {
      since: number | null;
    };
    return { ...queue, since: since === null ? null : new Date(since) };
  } catch {
    return EMPTY;
  }
}

const EMPTY: QueueFacts = { waiting: 0, since: null, attempts: 0, said: '' };

/** Looks whether there is something to read: two queries, and more only if mail waits or a fetch is running. */
export async function lookAtMail(
  { db, zone, relay }: { db: Database; zone: Zone; relay: RelayFacts },
  now: Date,
): Promise<MailLook & { mark: string }> {
  const dates = await datesOf(zone);
  return db.run('mail-watch.look', async (knex, dialect) => {
    const { statements } = dialect;
    const [row] = (await statements.rows<LookRow>(knex, LOOK)) as [LookRow];
    const [accounts] = await statements.rows<Record<string, unknown>>(knex, accountsMark(dialect, relay));
    const mark = markOf(accounts, relay);
    const open = Number(row.opened) > 0 ? await readOpen() : null;
    const queue = await waitingMail();
    const newest = Number(row.newest ?? 0);
    const news = {
      log: row.newest !== null && newest !== Number(row.log_id ?? -1),
      accounts: mark !== row.account_mark,
      queue: writeQueue(queue) !== (row.queue ?? writeQueue(EMPTY)),
      due: row.changes_at !== null && Number(row.changes_at) <= now.getTime(),
    };
    return {
      mark,
      hasNews: open !== null || Object.values(news).some(Boolean),
      accountsChanged: news.accounts,
      fetchedAt: time(row.fetched_at),
      lockSince: row.lock_since === null ? null : new Date(Number(row.lock_since) * 1000),
      startedAt: dates.read(row.started),
      queue,
      queueChanged: news.queue,
      open,
      mailboxes: Number(accounts?.mailboxes ?? 0) + Number(accounts?.relayed ?? 0),
      told: row.told_fetching,
    };

    /** A mail that a long fetch has taken in is a sign of life. */
    async function readOpen(): Promise<MailLook['open']> {
      const [found] = await statements.rows<{
        account_id: number;
        login: string;
        open_since: number;
        alive: string | null;
        later: number;
        waiting: number;
      }>(knex, openFetch(dialect), [now.getTime() - SHORTEST_HANG]);
      const since = found && time(found.open_since);
      if (!since) return null;
      const alive = dates.read(found.alive);
      return {
        accountId: found.account_id,
        mailbox: found.login,
        since: alive && alive > since && alive <= now ? alive : since,
        isLast: Number(found.later) === 0,
        waiting: Number(found.waiting),
      };
    }

    async function waitingMail(): Promise<QueueFacts> {
      if (Number(row.waiting) === 0) return EMPTY;
      const last: { code: number | null; said: string | null } | undefined = await knex('mail_queue')
        .where('id', Number(row.last_tried))
        .first('last_smtp_code as code', knex.raw('LEFT(last_smtp_message, ?) AS said', [2 * LONGEST_SAID]));
      const since = dates.read(row.queued);
      return {
        waiting: Number(row.waiting),
        since: since && since > now ? now : since,
        attempts: Number(row.attempts ?? 0),
        said: saidOf([last?.code, last?.said].filter(Boolean).join(' ')),
      };
    }
  });
}
