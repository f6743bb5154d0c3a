import { createMailWatchStore } from '../../db/repositories/mail-watch.js';
import { mailFigures } from '../../plugin/usecases/mailbox-figures.js';
import { type MailMemory, watchMail } from '../../plugin/usecases/watch-mail.js';
import type { Fixture } from '../db/fixture.js';
import { settingsReader } from '../support/samples.js';
import { type Line, median, timed } from './measure.js';

const ACCOUNTS = 10_000;
/** Rows of the log before and after it is filled, each with one object and three entries. */
const [FEW, MANY] = [1000, 1_000_000];
/** How many rows one statement adds. */
const PART = 100_000;
const NEW = 2000;
const ROUNDS = 40;

const settings = settingsReader({
  'Daemon::SchedulerCronTaskManager::Task': { MailAccountFetch: { Schedule: '*/10 * * * *' } },
});

/** Configurations and mail accounts, one each. */
async function addAccounts({ rows }: Fixture): Promise<void> {
  await rows(
    `INSERT INTO oauth2_token_config (name, config, valid_id, create_time, create_by, change_time, change_by)
     SELECT CONCAT('Mailbox ', seq), '{}', 1, NOW(), 1, NOW(), 1 FROM seq_1_to_${ACCOUNTS}`,
  );
  await rows(
    `INSERT INTO mail_account (login, pw, host, account_type, queue_id, trusted, authentication_type,
       oauth2_token_config_id, valid_id, create_time, create_by, change_time, change_by)
     SELECT CONCAT('box', id, '@example.org'), 'x', 'mail.example.org', 'IMAPS', 1, 0, 'oauth2_token', id, 1, NOW(), 1, NOW(), 1
     FROM oauth2_token_config`,
  );
}

/** Fetches that succeeded, one in fifty failed, of all accounts in turn. */
async function addRows({ rows }: Fixture, count: number): Promise<void> {
  const [first] = await rows<{ id: number }>('SELECT MIN(id) AS id FROM mail_account');
  for (let added = 0; added < count; added += PART) {
    const some = Math.min(PART, count - added);
    const [last] = await rows<{ id: number | null }>('SELECT MAX(id) AS id FROM communication_log');
    const after = Number(last?.id ?? 0);
    await rows(
      `INSERT INTO communication_log (id, insert_fingerprint, transport, direction, status, account_type, account_id, start_time, end_time)
       SELECT ${after} + seq, '', 'Email', 'Incoming', CASE WHEN seq % 50 = 0 THEN 'Failed' ELSE 'Successful' END, 'IMAPS',
         ${Number(first?.id)} + seq % ${ACCOUNTS}, UTC_TIMESTAMP(), UTC_TIMESTAMP() FROM seq_1_to_${some}`,
    );
    await rows(
      `INSERT INTO communication_log_object (communication_id, insert_fingerprint, object_type, status, start_time, end_time)
       SELECT id, '', 'Connection', status, start_time, end_time FROM communication_log WHERE id > ${after}`,
    );
    await rows(
      `INSERT INTO communication_log_object_entry (communication_log_object_id, log_key, log_value, priority, create_time)
       SELECT o.id, 'Kernel::System::MailAccount::IMAPS', CASE WHEN n.seq = 3 THEN 'Auth error: 1 NO AUTHENTICATE failed.' ELSE 'Open connection' END,
         CASE WHEN n.seq = 3 AND o.status = 'Failed' THEN 'Error' ELSE 'Debug' END, o.start_time
       FROM communication_log_object o JOIN seq_1_to_3 n WHERE o.communication_id > ${after}`,
    );
  }
}

/**
 * What a look at mail costs, with a log of a thousand rows and of a million, on a copy of the helpdesk's tables: with nothing
 * new, with two thousand new rows, and for a scrape of the metrics.
 */
export async function measureMail(): Promise<Line[]> {
  const { fixture } = await import('../db/fixture.js');
  const fix = await fixture();
  try {
    fix.clock.now = new Date();
    const mailWatch = createMailWatchStore({ db: fix.db, zone: () => 'UTC', relay: { places: [] } });
    const clock = () => new Date();
    const memory: MailMemory = { watchingSince: clock(), judgedBy: null };
    const look = () => watchMail({ mailWatch, settings, clock }, memory);
    const readAll = async () => {
      for (let time = 0; time < 3; time++) await look();
    };
    const measured = { idle: [] as number[], news: [] as number[], queries: 0 };
    await addAccounts(fix);
    for (const size of [FEW, MANY]) {
      const [count] = await fix.rows<{ total: number }>('SELECT COUNT(*) AS total FROM communication_log');
      await addRows(fix, size - Number(count?.total));
      // A log that grew by a million rows at once is no daily matter: the mark is set as if it had been read.
      if (size === MANY)
        await fix.rows(
          'UPDATE oauth2_sidecar_mail_watch SET log_id = (SELECT MAX(id) FROM communication_log)',
        );
      await readAll();
      measured.idle.push(await median(ROUNDS, look));
      measured.queries = Math.max(measured.queries, (await fix.queries(look)).length);
      const times: number[] = [];
      for (let time = 0; time < 5; time++) {
        await addRows(fix, NEW);
        times.push(await timed(look));
        await readAll();
      }
      measured.news.push(Math.min(...times));
    }
    const scrape = await median(ROUNDS, () => mailFigures({ mailWatch, settings, clock }));
    const [idle = 0, idleOfMany = 0] = measured.idle;
    const [news = 0, newsOfMany = 0] = measured.news;
    const pair = (one: number, other: number) => `${one.toFixed(1)} ms, ${other.toFixed(1)} ms`;
    const sizes = `log of ${FEW}, ${MANY} rows`;
    return [
      {
        what: `look at mail, nothing new: ${sizes}`,
        ours: pair(idle, idleOfMany),
        ratio: (idleOfMany / idle).toFixed(2),
        target: '≤ 1.2, 2 queries',
        met: idleOfMany / idle <= 1.2 && measured.queries <= 2,
      },
      {
        what: `look at mail, ${NEW} new rows: ${sizes}`,
        ours: pair(news, newsOfMany),
        ratio: (newsOfMany / news).toFixed(2),
        target: '≤ 1.2',
        met: newsOfMany / news <= 1.2,
      },
      {
        what: `figures of ${ACCOUNTS} mailboxes for a scrape`,
        ours: `${scrape.toFixed(1)} ms`,
        target: '≤ 100 ms',
        met: scrape <= 100,
      },
    ];
  } finally {
    await fix.close();
  }
}
