import { expect } from 'chai';
import { openDatabase } from '../../db/database.js';
import { createAlerts } from '../../db/repositories/alerts.js';
import { createEventStore } from '../../db/repositories/events.js';
import { createMailWatchStore } from '../../db/repositories/mail-watch.js';
import { createOverviewStore } from '../../db/repositories/overview.js';
import { createRenewalStore } from '../../db/repositories/renewals.js';
import { createStateChangeStore } from '../../db/repositories/state-changes.js';
import { createTokenConfigStore } from '../../db/repositories/token-configs.js';
import type { Settings } from '../../plugin/domain/helpdesk/settings.js';
import { addFetch } from '../../plugin/domain/mailbox/fetch-facts.js';
import { USUAL_THRESHOLDS } from '../../plugin/domain/mailbox/mail-thresholds.js';
import { mailboxState } from '../../plugin/domain/mailbox/mailbox-state.js';
import type { Notifier, StateChange } from '../../plugin/domain/mailbox/state-change.js';
import type { RelayPlace } from '../../plugin/domain/relay/relay-listener.js';
import { toHelpdeskTime } from '../../plugin/lib/helpdesk-time.js';
import { type MailMemory, watchMail } from '../../plugin/usecases/watch-mail.js';
import { EPOCH, indexesFor, primaryKey, restartIds } from '../support/sql.js';
import { config, type Fixture, failure, fixture, ZONE } from './fixture.js';

const MINUTE = 60_000;
const TASK = { MailAccountFetch: { Schedule: '*/10 * * * *' } };
const REFUSED = 'Auth error: 1 NO AUTHENTICATE failed.';
const CLOSED = "IMAP: Can't connect to HOST: Unable to connect to HOST:";

const OUTBOUND = {
  SendmailModule: 'Kernel::System::Email::SMTPTLS',
  'SendmailModule::Host': 'smtp.example.org',
  'SendmailModule::AuthUser': 'out@example.org',
  'SendmailModule::AuthenticationType': 'oauth2_token',
  'SendmailModule::OAuth2TokenConfigName': 'Outbound',
};

const settingsOf = (values: Record<string, string> = {}): Settings => ({
  deploymentId: 1,
  get: (name) => (name === 'Daemon::SchedulerCronTaskManager::Task' ? TASK : values[name]),
  text: (name, fallback = '') => values[name] ?? fallback,
  number: (name, fallback) => Number(values[name] ?? fallback),
  flag: (_name, fallback) => fallback,
});

describe('the watch of mail over the log of the helpdesk', () => {
  let fix: Fixture;
  let zone = ZONE;
  let memory: MailMemory;
  let settings = settingsOf();
  let relay: { places: RelayPlace[] } = { places: [] };
  before(async function () {
    this.timeout(120_000);
    fix = await fixture();
  });
  after(() => fix.close());
  const TABLES = [
    'communication_log_object_entry',
    'communication_log_object',
    'communication_log',
    'mail_queue',
    'process_id',
    'mail_account',
    'oauth2_sidecar_mailbox',
    'oauth2_sidecar_mail_watch',
    'oauth2_sidecar_renewal',
    'oauth2_sidecar_alert',
    'oauth2_sidecar_event',
    'oauth2_sidecar_relay_password',
    'oauth2_token_config',
  ];
  beforeEach(async () => {
    zone = ZONE;
    settings = settingsOf();
    relay = { places: [] };
    memory = { watchingSince: fix.clock.now, judgedBy: null };
    for (const table of TABLES) await fix.rows(`DELETE FROM ${table}`);
  });

  const store = (db = fix.db) => createMailWatchStore({ db, zone: () => zone, relay });
  const look = (own = memory, db = fix.db, notifiers: Notifier[] = []) =>
    watchMail(
      { mailWatch: store(db), settings: { current: async () => settings }, clock: fix.clock, notifiers },
      own,
    );
  const pass = (minutes: number) => {
    fix.clock.now = new Date(fix.clock.now.getTime() + minutes * MINUTE);
  };
  const addConfig = async (name: string) => {
    const id = await createTokenConfigStore(fix).insert(config(name), 1);
    await createRenewalStore(fix).reconcile(fix.clock());
    return id;
  };
  let accounts = 0;
  async function addAccount(
    configId: number,
    login = `box${++accounts}@example.org`,
    validId = 1,
  ): Promise<number> {
    await fix.rows(
      `INSERT INTO mail_account (login, pw, host, account_type, queue_id, trusted, authentication_type,
         oauth2_token_config_id, valid_id, create_time, create_by, change_time, change_by)
       VALUES (?, 'x', 'mail.example.org', 'IMAPS', 1, 0, 'oauth2_token', ?, ?, NOW(), 1, NOW(), 1)`,
      [login, configId, validId],
    );
    return Number((await fix.rows<{ id: number }>('SELECT MAX(id) AS id FROM mail_account'))[0]?.id);
  }
  const time = (at = fix.clock.now) => toHelpdeskTime(at, zone);
  /** A fetch as the helpdesk writes it. */
  async function fetched(
    account: number | string,
    status: string,
    said = '',
    { direction = 'Incoming', connection = status, at = time() } = {},
  ): Promise<number> {
    await fix.rows(
      `INSERT INTO communication_log (transport, direction, status, account_type, account_id, start_time)
       VALUES ('Email', ?, ?, 'IMAPS', ?, ?)`,
      [direction, status, String(account), at],
    );
    const [row] = await fix.rows<{ id: number }>('SELECT MAX(id) AS id FROM communication_log');
    const id = Number(row?.id);
    await fix.rows(
      `INSERT INTO communication_log_object (communication_id, object_type, status, start_time)
       VALUES (?, 'Connection', ?, ?)`,
      [id, connection, at],
    );
    if (said)
      await fix.rows(
        `INSERT INTO communication_log_object_entry (communication_log_object_id, log_key, log_value, priority, create_time)
         SELECT MAX(id), 'Kernel', ?, 'Error', ? FROM communication_log_object`,
        [said, at],
      );
    return id;
  }
  const stateOf = async (account: number | null) => {
    const outbound = {
      config: 'Outbound',
      login: 'out@example.org',
      host: 'smtp.example.org',
      type: 'SMTPTLS',
    };
    const found = (await store().mailboxes({ outbound })).find(({ accountId }) => accountId === account);
    if (!found) throw new Error('no such mailbox');
    const fetching = { isStopped: false, lastAt: fix.clock.now };
    return mailboxState(
      { isWatched: found.isValid, fetches: found.fetches },
      { thresholds: USUAL_THRESHOLDS, fetching },
      fix.clock.now,
    );
  };
  const mailOf = async (configId: number) =>
    (await createOverviewStore({ db: fix.db, zone: () => zone }).list({ page: 1, pageSize: 100 })).rows.find(
      (row) => row.config.id === configId,
    )?.renewal.mail;

  it('reads each fetch once, and tells the configuration what counts', async () => {
    const id = await addConfig('Support');
    const account = await addAccount(id);
    await fetched(account, 'Successful');
    await look();
    expect(await mailOf(id)).to.deep.equal({ told: 1, muted: 0, trouble: null, further: 0 });
    for (const minutes of [10, 10]) {
      pass(minutes);
      await fetched(account, 'Failed', REFUSED);
      await look();
      await look();
    }
    expect(await stateOf(account)).to.include({
      kind: 'failing',
      severity: 'error',
      cause: 'token-refused',
      count: 2,
    });
    const since = new Date(fix.clock.now.getTime() - 10 * MINUTE);
    expect((await mailOf(id))?.trouble).to.deep.include({
      what: 'failing',
      severity: 'error',
      since,
      count: 2,
      said: REFUSED,
    });
    const [row] = await fix.rows<{ due_at: number }>('SELECT due_at FROM oauth2_sidecar_renewal');
    expect(Number(row?.due_at)).to.equal(fix.clock.now.getTime());
    pass(10);
    await fetched(account, 'Successful');
    await look();
    expect((await mailOf(id))?.trouble).to.equal(null);
  });

  it('needs two queries where there is nothing new, and reads by the primary key', async () => {
    const account = await addAccount(await addConfig('Support'));
    await fetched(account, 'Successful');
    await look();
    const seen = await fix.queries(() => look());
    expect(seen).to.have.length(2);
    const indexes = await indexesFor(
      fix,
      'SELECT id FROM communication_log WHERE id > 5 ORDER BY id LIMIT 1000',
    );
    expect(indexes).to.equal(primaryKey('communication_log'));
  });

  it('counts each fetch once when several sidecars look at the same time, and none of them fails', async () => {
    const account = await addAccount(await addConfig('Support'));
    const sidecars = [0, 1, 2, 3].map(() => openDatabase(fix.address, { max: 2 }));
    try {
      for (let round = 1; round <= 5; round++) {
        // The first round finds none of our rows yet.
        for (let time = 0; time < 5; time++) await fetched(account, 'Failed', CLOSED);
        await Promise.all(sidecars.map((db) => look({ watchingSince: fix.clock.now, judgedBy: null }, db)));
        await look();
        expect((await stateOf(account)).count).to.equal(round * 5);
        pass(1);
      }
    } finally {
      for (const db of sidecars) await db.close();
    }
  }).timeout(60_000);

  it('leaves the news to a later look while somebody else is reading', async () => {
    const account = await addAccount(await addConfig('Support'));
    await look();
    await fetched(account, 'Failed', CLOSED);
    const lock = await fix.helpdesk.knex.transaction();
    try {
      await lock('oauth2_sidecar_mail_watch').where('id', 1).forUpdate().first();
      expect(await look()).to.equal(null);
      expect((await stateOf(account)).kind).to.equal('never-fetched');
    } finally {
      await lock.rollback();
    }
    expect((await look())?.isStopped).to.equal(false);
    expect((await stateOf(account)).count).to.equal(1);
  }).timeout(60_000);

  it('reads again what a sidecar that died had not finished', async () => {
    const id = await addConfig('Support');
    const account = await addAccount(id);
    await look();
    for (let time = 0; time < 3; time++) await fetched(account, 'Failed', REFUSED);
    const dead = store().alone(async (reader) => {
      await reader.readOn(fix.clock.now, addFetch);
      throw new Error('died');
    });
    expect((await failure(dead)).message).to.equal('died');
    expect((await stateOf(account)).kind).to.equal('never-fetched');
    await look();
    expect((await mailOf(id))?.trouble).to.include({ severity: 'error', count: 3 });
  });

  it('follows a fetch from its beginning to its end, and tells one that does not end', async () => {
    const id = await addConfig('Support');
    const account = await addAccount(id);
    const other = await addAccount(id);
    await fetched(other, 'Successful');
    await fetched(account, 'Successful');
    await look();
    const row = await fetched(account, 'Processing');
    await fix.rows(`INSERT INTO process_id VALUES ('MailAccountFetch', '1', 'host', ${EPOCH}, 0)`);
    await look();
    expect((await stateOf(account)).kind).to.equal('fetched');
    pass(15);
    expect(await look(), 'with the lock').to.include({
      isStopped: true,
      cause: 'hanging',
      accountId: account,
      mailboxes: 1,
    });
    expect((await stateOf(account)).kind).to.equal('hanging');
    expect((await mailOf(id))?.trouble).to.include({ what: 'hanging', severity: 'error' });
    await fix.rows("UPDATE communication_log SET status = 'Successful' WHERE id = ?", [row]);
    await fix.rows('DELETE FROM process_id');
    expect((await look())?.isStopped).to.equal(false);
    expect((await stateOf(account)).kind).to.equal('fetched');
    expect((await mailOf(id))?.trouble).to.equal(null);
  });

  it('tells one that the helpdesk kills and begins again, and the mailboxes behind it, without a gap', async () => {
    const [before, silent, behind] = [
      await addAccount(await addConfig('Before')),
      await addAccount(await addConfig('Silent')),
      await addAccount(await addConfig('Behind')),
    ];
    for (const account of [before, silent, behind]) await fetched(account, 'Successful');
    await look();
    pass(10);
    const began = fix.clock.now;
    const states: (string | null | undefined)[] = [];
    // Each round fetches what comes before it, and is killed after ten minutes; the next one begins ten minutes later.
    for (let round = 0; round < 3; round++) {
      await fetched(before, 'Successful');
      await fetched(silent, 'Processing');
      for (const minutes of [0, 9, 6, 5]) {
        pass(minutes);
        const held = minutes === 0 || minutes === 9;
        await fix.rows('DELETE FROM process_id');
        if (held)
          await fix.rows(`INSERT INTO process_id VALUES ('MailAccountFetch', '1', 'host', ${EPOCH}, 0)`);
        states.push((await look())?.cause);
      }
    }
    expect(states).to.deep.equal([null, null, ...Array(10).fill('hanging')]);
    expect((await stateOf(silent)).since).to.deep.equal(began);
    expect((await look())?.mailboxes).to.equal(1);
    const subjects = (await alertsOf()).filter(([, , severity]) => severity !== 2);
    expect(subjects).to.deep.equal([['fetching', 'fetching-stopped', 0]]);
    // The daemon ends as well: nothing holds the lock, and nothing was started.
    await fix.rows('DELETE FROM process_id');
    await fix.rows(
      `INSERT INTO scheduler_recurrent_task (name, task_type, last_execution_time, lock_key, create_time, change_time)
       VALUES ('MailAccountFetch', 'Cron', ?, 0, NOW(), NOW())`,
      [time()],
    );
    for (let minutes = 0; minutes < 40; minutes += 2) {
      pass(2);
      await look();
    }
    expect((await look())?.cause).to.equal('daemon');
    await fix.rows('DELETE FROM scheduler_recurrent_task');
    // Alone behind nothing, it is told itself.
    await fetched(before, 'Successful');
    await fix.rows('UPDATE mail_account SET valid_id = 2 WHERE id = ?', [behind]);
    expect((await look())?.isStopped).to.equal(false);
    expect(await alertsOf()).to.deep.include([`mailbox:${silent}`, 'mail-stopped', 0]);
  });

  it('takes a fetch that is still taking in mails for one that works', async () => {
    const account = await addAccount(await addConfig('Support'));
    const row = await fetched(account, 'Processing');
    await fix.rows(`INSERT INTO process_id VALUES ('MailAccountFetch', '1', 'host', ${EPOCH}, 0)`);
    await look();
    pass(40);
    await fix.rows(
      "INSERT INTO communication_log_object (communication_id, object_type, status, start_time) VALUES (?, 'Message', 'Successful', ?)",
      [row, time()],
    );
    expect((await look())?.isStopped).to.equal(false);
    expect((await stateOf(account)).kind).to.equal('never-fetched');
  });

  it('takes a mail that could not be taken in for the fault of that mail', async () => {
    const account = await addAccount(await addConfig('Support'));
    await fetched(account, 'Failed', '', { connection: 'Successful' });
    await look();
    expect((await stateOf(account)).kind).to.equal('fetched');
  });

  it('survives a purge, also of a fetch that never ended', async () => {
    const account = await addAccount(await addConfig('Support'));
    await fetched(account, 'Failed', CLOSED);
    await fetched(account, 'Processing');
    await look();
    for (const table of TABLES.slice(0, 3)) await fix.rows(`DELETE FROM ${table}`);
    pass(60);
    await look();
    expect(await stateOf(account)).to.include({ kind: 'failing', count: 1 });
    await fetched(account, 'Failed', CLOSED);
    await look();
    expect((await stateOf(account)).count).to.equal(2);
  });

  it('reads on from the first row after the log was emptied', async () => {
    const account = await addAccount(await addConfig('Support'));
    for (let time = 0; time < 4; time++) await fetched(account, 'Failed', CLOSED);
    await look();
    for (const table of TABLES.slice(0, 3)) await fix.rows(`DELETE FROM ${table}`);
    for (const table of TABLES.slice(0, 3)) await fix.rows(restartIds(table));
    pass(10);
    await look();
    expect((await stateOf(account)).count).to.equal(4);
    expect(await fetched(account, 'Failed', CLOSED)).to.equal(1);
    await look();
    await look();
    expect((await stateOf(account)).count).to.equal(5);
    pass(10);
    await fetched(account, 'Successful');
    await look();
    expect((await stateOf(account)).kind).to.equal('fetched');
  });

  it('counts nothing twice after an older one was restored', async () => {
    const account = await addAccount(await addConfig('Support'));
    for (let time = 0; time < 4; time++) await fetched(account, 'Failed', CLOSED);
    await look();
    const before = await stateOf(account);
    // What a restore leaves: fewer rows, all of them known.
    await fix.rows('UPDATE oauth2_sidecar_mail_watch SET log_id = log_id + 1000');
    pass(1);
    await look();
    expect((await stateOf(account)).count).to.equal(before.count);
    pass(10);
    await fetched(account, 'Successful');
    await fix.rows('UPDATE oauth2_sidecar_mail_watch SET log_id = log_id + 1000');
    await look();
    expect((await stateOf(account)).kind).to.equal('fetched');
  });

  it('reads garbage, huge entries and strange accounts without a failure', async () => {
    const account = await addAccount(await addConfig('Support'));
    await fetched(account, 'Failed', `${'x'.repeat(3_000_000)} AUTHENTICATE failed`);
    for (const odd of ['', 'abc', '-1', '99999999999999', '1 OR 1=1', 'é'.repeat(200), '4711'])
      await fetched(odd, 'Failed', CLOSED);
    await fetched(account, 'Nonsense');
    await fetched(account, 'Failed', '\u0000\u0007\u00e9 %s "}', { direction: 'Sideways' });
    await fetched(account, 'Failed', '\u0007 NO [UNAVAILABLE] \u001b[31m', {
      at: '2026-02-30 25:00:00'.replace('25', '23').replace('30', '28'),
    });
    await look();
    const [row] = await fix.rows<{ causes: string; failures: number }>(
      'SELECT causes, failures FROM oauth2_sidecar_mailbox WHERE account_id = ?',
      [account],
    );
    expect(row?.failures).to.equal(2);
    expect(row?.causes.length).to.be.lessThan(2000);
    await fix.rows("UPDATE oauth2_sidecar_mailbox SET causes = '{garbage'");
    expect((await stateOf(account)).kind).to.equal('failing');
  });

  it('is not misled by a time zone that was changed, or by clocks an hour apart', async () => {
    const account = await addAccount(await addConfig('Support'));
    await fetched(account, 'Successful');
    await look();
    for (const [odd, shift] of [
      ['Pacific/Kiritimati', 0],
      ['America/Los_Angeles', 0],
      ['UTC', 60],
      ['UTC', -60],
    ] as const) {
      pass(10);
      zone = odd;
      await fetched(account, 'Failed', CLOSED, {
        at: toHelpdeskTime(new Date(fix.clock.now.getTime() + shift * MINUTE), ZONE),
      });
      await look();
      const state = await stateOf(account);
      expect(state.severity, odd).to.equal('note');
      expect(Math.abs((state.since?.getTime() ?? 0) - fix.clock.now.getTime())).to.be.at.most(11 * MINUTE);
      pass(10);
      await fetched(account, 'Successful', '', { at: '2001-01-01 00:00:00' });
      await look();
      expect((await stateOf(account)).kind, odd).to.equal('fetched');
    }
  });

  it('forgets failures when an admin changes the account, and a configuration that lost its accounts', async () => {
    const [one, other] = [await addConfig('Support'), await addConfig('Sales')];
    const account = await addAccount(one);
    for (let time = 0; time < 3; time++) await fetched(account, 'Failed', REFUSED);
    await look();
    expect((await mailOf(one))?.trouble?.severity).to.equal('error');
    await fix.rows(
      "UPDATE mail_account SET oauth2_token_config_id = ?, change_time = '2030-01-01 00:00:00'",
      [other],
    );
    await look();
    expect(await mailOf(one)).to.deep.equal({ told: 0, muted: 0, trouble: null, further: 0 });
    expect(await mailOf(other)).to.deep.equal({ told: 1, muted: 0, trouble: null, further: 0 });
    for (let time = 0; time < 3; time++) await fetched(account, 'Failed', REFUSED);
    await look();
    await fix.rows("UPDATE mail_account SET valid_id = 2, change_time = '2030-01-02 00:00:00'");
    await look();
    expect(await mailOf(other)).to.deep.equal({ told: 0, muted: 0, trouble: null, further: 0 });
  });

  it('tells once that fetching as a whole has stopped and runs again, to history, alerts and notifiers', async () => {
    const account = await addAccount(await addConfig('Support'));
    const told: StateChange[] = [];
    const notifier = { name: 'test', notify: async (all: readonly StateChange[]) => void told.push(...all) };
    const others = [memory, { ...memory }];
    const lookAll = async () => {
      for (const own of others) await look(own, fix.db, [notifier]);
    };
    await fetched(account, 'Successful');
    await lookAll();
    pass(40);
    await lookAll();
    await lookAll();
    // A sidecar that has just started does not know, and takes nothing back.
    others.push({ watchingSince: fix.clock.now, judgedBy: null });
    await lookAll();
    const alert = () =>
      fix.rows("SELECT state, severity FROM oauth2_sidecar_alert WHERE subject = 'fetching'");
    expect(await alert()).to.deep.equal([{ state: 'fetching-stopped', severity: 0 }]);
    await fetched(account, 'Successful');
    await lookAll();
    expect(await alert()).to.deep.equal([{ state: 'fetching-runs', severity: 2 }]);
    const whole = told.filter(({ subject }) => subject.kind === 'fetching');
    expect(whole.map(({ from, to }) => [from, to])).to.deep.equal([
      [null, 'fetching-runs'],
      ['fetching-runs', 'fetching-stopped'],
      ['fetching-stopped', 'fetching-runs'],
    ]);
    const { events } = await createEventStore(fix).history({ what: 'state', page: 1, pageSize: 10 });
    expect(
      events.filter(({ configId }) => configId === 0).map(({ code, outcome }) => [code, outcome]),
    ).to.deep.equal([
      ['fetching-runs', 'ok'],
      ['fetching-stopped daemon', 'attention'],
    ]);
  });

  const alertsOf = async () =>
    (
      await fix.rows<{ subject: string; state: string; severity: number; cause: string; name: string }>(
        'SELECT subject, state, severity, cause, name FROM oauth2_sidecar_alert ORDER BY subject',
      )
    ).map(({ subject, state, severity }) => [subject, state, severity]);
  const linesOf = async (configId: number) =>
    (await createEventStore(fix).history({ configId, what: 'state', page: 1, pageSize: 20 })).events
      .map(({ code, outcome }) => [code, outcome])
      .reverse();

  it('tells each mailbox of a configuration on its own, with its cause, to history, alerts and notifiers', async () => {
    const id = await addConfig('Support');
    const told: StateChange[] = [];
    const notifier = { name: 'test', notify: async (all: readonly StateChange[]) => void told.push(...all) };
    const [one, other] = [await addAccount(id, 'one@example.org'), await addAccount(id, 'other@example.org')];
    await fetched(one, 'Successful');
    await fetched(other, 'Successful');
    await look(memory, fix.db, [notifier]);
    expect([await alertsOf(), await linesOf(id)], 'both work').to.deep.equal([[], []]);
    for (let time = 0; time < 2; time++) {
      await fetched(one, 'Failed', REFUSED);
      await fetched(other, 'Failed', CLOSED);
    }
    pass(40);
    await fetched(one, 'Failed', REFUSED);
    await fetched(other, 'Failed', CLOSED);
    await look(memory, fix.db, [notifier]);
    await look(memory, fix.db, [notifier]);
    expect(await alertsOf()).to.deep.equal([
      [`mailbox:${one}`, 'mail-stopped', 0],
      [`mailbox:${other}`, 'mail-failing', 1],
    ]);
    pass(1);
    await fetched(one, 'Successful');
    await look(memory, fix.db, [notifier]);
    expect(await alertsOf()).to.deep.equal([
      [`mailbox:${one}`, 'mail-runs', 2],
      [`mailbox:${other}`, 'mail-failing', 1],
    ]);
    expect(await linesOf(id)).to.deep.equal([
      ['mail-stopped one@example.org', 'attention'],
      ['mail-failing other@example.org', 'warning'],
      ['mail-runs one@example.org', 'ok'],
    ]);
    const mailboxes = told.filter(({ subject, from }) => subject.kind === 'mailbox' && from !== null);
    expect(
      mailboxes.map(({ name, from, to, cause, configId }) => [name, from, to, cause, configId]),
    ).to.deep.equal([
      ['one@example.org', 'mail-runs', 'mail-stopped', 'token-refused@mail.example.org', id],
      ['other@example.org', 'mail-runs', 'mail-failing', 'not-reached@mail.example.org', id],
      ['one@example.org', 'mail-stopped', 'mail-runs', '@mail.example.org', id],
    ]);
  });

  it('tells neither a mailbox whose token is at fault, nor one that hangs while all fetching has stopped', async () => {
    const [dead, good] = [await addConfig('Dead'), await addConfig('Good')];
    const [one, other] = [await addAccount(dead), await addAccount(good)];
    await fix.rows(
      "UPDATE oauth2_sidecar_renewal SET state = 'consent-needed', urgency = 0 WHERE token_config_id = ?",
      [dead],
    );
    for (let time = 0; time < 3; time++) await fetched(one, 'Failed', 'OAuth2 token could not be retrieved.');
    await fix.rows(`INSERT INTO process_id VALUES ('MailAccountFetch', '1', 'host', ${EPOCH}, 0)`);
    await fetched(other, 'Processing');
    await look();
    pass(20);
    await look();
    expect(await alertsOf()).to.deep.equal([['fetching', 'fetching-stopped', 0]]);
  });

  it('ends what was told of a mailbox without a word when an admin mutes or removes it, and tells it again afterwards', async () => {
    const id = await addConfig('Support');
    const account = await addAccount(id);
    for (let time = 0; time < 3; time++) await fetched(account, 'Failed', REFUSED);
    await look();
    const subject = `mailbox:${account}`;
    expect(await alertsOf()).to.deep.equal([[subject, 'mail-stopped', 0]]);
    await store().mute(account, new Date(fix.clock.now.getTime() + 20 * MINUTE), fix.clock.now);
    await look();
    expect(await alertsOf()).to.deep.equal([[subject, 'muted', 2]]);
    await fetched(account, 'Failed', REFUSED);
    await look();
    expect(await alertsOf()).to.deep.equal([[subject, 'muted', 2]]);
    pass(21);
    await look();
    expect(await alertsOf()).to.deep.equal([[subject, 'mail-stopped', 0]]);
    await fix.rows("UPDATE mail_account SET valid_id = 2, change_time = '2030-01-02 00:00:00'");
    await look();
    expect(await alertsOf()).to.deep.equal([[subject, 'mail-off', 2]]);
    await fix.rows("UPDATE mail_account SET valid_id = 1, change_time = '2030-01-03 00:00:00'");
    await look();
    for (let time = 0; time < 3; time++) await fetched(account, 'Failed', REFUSED);
    await look();
    expect(await alertsOf()).to.deep.equal([[subject, 'mail-stopped', 0]]);
    await fix.rows('DELETE FROM mail_account');
    await look();
    expect(await alertsOf()).to.deep.equal([[subject, 'mail-off', 2]]);
    expect(await linesOf(id)).to.deep.equal(
      Array.from({ length: 3 }, () => [
        'mail-stopped box1@example.org'.replace('box1', `box${accounts}`),
        'attention',
      ]),
    );
  });

  it('tells outbound mail once, whichever configuration it uses, and again after an end without a word', async () => {
    const first = await addConfig('Outbound');
    const next = await addConfig('Next');
    const using = (name: string) =>
      settingsOf({ ...OUTBOUND, 'SendmailModule::OAuth2TokenConfigName': name });
    const alerts = async () =>
      (await fix.rows('SELECT subject, config_id, state, severity FROM oauth2_sidecar_alert')).map(
        Object.values,
      );
    const drop = async (id: number) => {
      await fix.rows('DELETE FROM oauth2_token_config WHERE id = ?', [id]);
      await createAlerts(fix).follow(fix.clock());
      await createRenewalStore(fix).reconcile(fix.clock());
      await look();
    };
    settings = using('Outbound');
    for (let time = 0; time < 2; time++)
      await fetched('', 'Failed', 'SMTP authentication failed: 5.7.3 Authentication unsuccessful', {
        direction: 'Outgoing',
      });
    await look();
    expect(await alerts()).to.deep.equal([['mailbox:0', first, 'mail-stopped', 0]]);
    settings = using('Next');
    await look();
    expect(await alerts(), 'with another configuration').to.deep.equal([
      ['mailbox:0', next, 'mail-stopped', 0],
    ]);
    await drop(first);
    expect(await alerts(), 'without the old one').to.deep.equal([['mailbox:0', next, 'mail-stopped', 0]]);
    // Without any configuration, a dump is being loaded: nothing counts as deleted.
    await addConfig('Unused');
    await drop(next);
    expect(await alerts(), 'without the one that it names').to.deep.equal([
      ['mailbox:0', next, 'mail-off', 2],
    ]);
    settings = settingsOf();
    await look();
    const last = await addConfig('Last');
    settings = using('Last');
    await look();
    expect(await alerts(), 'again').to.deep.equal([['mailbox:0', last, 'mail-stopped', 0]]);
  });

  it('knows no state of a mailbox that signs in with a password now', async () => {
    const account = await addAccount(await addConfig('Support'));
    for (let time = 0; time < 3; time++) await fetched(account, 'Failed', REFUSED);
    await look();
    await fix.rows(
      "UPDATE mail_account SET authentication_type = 'password', change_time = '2030-01-02 00:00:00'",
    );
    await look();
    expect(await alertsOf()).to.deep.equal([[`mailbox:${account}`, 'mail-off', 2]]);
    expect(
      await fix.rows('SELECT told_state, state, severity FROM oauth2_sidecar_mailbox WHERE account_id > 0'),
    ).to.deep.equal([{ told_state: 'mail-off', state: null, severity: null }]);
  });

  it('keeps figures of every mailbox, which are read by an index and follow the token as well', async () => {
    const [dead, good] = [await addConfig('Dead'), await addConfig('Good')];
    const [one, two, three] = [await addAccount(dead), await addAccount(good), await addAccount(good)];
    await fetched(one, 'Successful');
    for (let time = 0; time < 3; time++) await fetched(two, 'Failed', REFUSED);
    for (let time = 0; time < 3; time++) await fetched(three, 'Failed', REFUSED);
    await store().mute(three, new Date(fix.clock.now.getTime() + 60 * MINUTE), fix.clock.now);
    await look();
    const states = async () =>
      (await store().figures(10)).mailboxes.map(({ account, state, severity, failures }) => [
        account,
        state,
        severity,
        failures,
      ]);
    expect(await states()).to.deep.equal([
      [two, 'failing', 'error', 3],
      [three, 'failing', 'muted', 3],
      [one, 'fetched', 'ok', 0],
    ]);
    await fix.rows(
      `UPDATE oauth2_sidecar_renewal SET state = 'consent-needed', urgency = 0, token_state = 'consent-needed', token_urgency = 0
       WHERE token_config_id = ?`,
      [dead],
    );
    await createStateChangeStore(fix).take(fix.clock(), 10);
    await look();
    expect(await states()).to.deep.include([one, 'token', 'error', 0]);
    const { counts, mailboxes } = await store().figures(1);
    expect(mailboxes).to.have.length(1);
    expect(counts).to.deep.equal([
      { state: 'failing', severity: 'error', mailboxes: 1 },
      { state: 'token', severity: 'error', mailboxes: 1 },
      { state: 'failing', severity: 'muted', mailboxes: 1 },
    ]);
    expect(await fix.queries(() => store().figures(1))).to.have.length(2);
    await fix.rows('DELETE FROM mail_account WHERE id = ?', [two]);
    await look();
    expect((await states()).map(([account]) => account)).to.have.members([one, three]);
  });

  it('mutes a mailbox until a date', async () => {
    const id = await addConfig('Support');
    const account = await addAccount(id);
    for (let time = 0; time < 3; time++) await fetched(account, 'Failed', REFUSED);
    await look();
    await store().mute(account, new Date(fix.clock.now.getTime() + 60 * MINUTE), fix.clock.now);
    await look();
    expect(await mailOf(id)).to.deep.include({ told: 0, muted: 1, trouble: null });
    pass(61);
    await look();
    expect((await mailOf(id))?.trouble?.severity).to.equal('error');
  });

  it('keeps a mailbox due that is muted while it is judged', async () => {
    const account = await addAccount(await addConfig('Support'));
    for (let time = 0; time < 3; time++) await fetched(account, 'Failed', REFUSED);
    await look();
    pass(1);
    await store().alone(async (reader) => {
      await reader.mailboxes({ outbound: null });
      await store().mute(account, new Date(fix.clock.now.getTime() + 60 * MINUTE), fix.clock.now);
      await reader.schedule([{ accountId: account, at: null, shown: null }]);
    });
    const due = async () =>
      (await fix.rows('SELECT changes_at FROM oauth2_sidecar_mailbox')).map(({ changes_at }) => changes_at);
    expect((await due()).map(Number)).to.deep.equal([fix.clock.now.getTime()]);
    await look();
    expect(await alertsOf()).to.deep.equal([[`mailbox:${account}`, 'muted', 2]]);
    await store().mute(account, null, fix.clock.now);
    await store().alone(async (reader) => {
      await reader.mailboxes({ outbound: null });
      await reader.schedule([{ accountId: account, at: null, shown: null }]);
    });
    expect(await due(), 'without anybody else').to.deep.equal([null]);
  });

  it('notes many changes in the order in which others lock the alerts', async () => {
    const configId = await addConfig('Support');
    const mailboxes = Array.from({ length: 600 }, (_none, at) => ({
      accountId: at + 1,
      configId,
      login: `box${at}@example.org`,
      word: 'mail-stopped' as const,
      cause: 'token-refused@mail.example.org',
    }));
    const written: string[] = [];
    const note = ({ sql, bindings }: { sql: string; bindings: unknown[] }): void => {
      if (/^insert into .oauth2_sidecar_alert\W/i.test(sql))
        written.push(...bindings.map(String).filter((text) => /^mailbox:/.test(text)));
    };
    fix.db.knex.on('query', note);
    await store().alone((reader) =>
      reader.tellMailboxes(mailboxes, { ids: [], areOthers: true }, fix.clock.now),
    );
    fix.db.knex.removeListener('query', note);
    expect(written).to.deep.equal(mailboxes.map(({ accountId }) => `mailbox:${accountId}`).sort());
  });

  it('finds the configuration of outbound mail in upper and lower case', async () => {
    const id = await addConfig('Outbound');
    const outbound = {
      config: 'outBOUND',
      login: 'out@example.org',
      host: 'smtp.example.org',
      type: 'SMTPTLS',
    };
    expect((await store().mailboxes({ outbound })).map(({ configId }) => configId)).to.deep.equal([id]);
  });

  it('becomes more urgent by time alone', async () => {
    const id = await addConfig('Support');
    const account = await addAccount(id);
    await fetched(account, 'Failed', CLOSED);
    pass(5);
    await fetched(account, 'Failed', CLOSED);
    await look();
    expect((await mailOf(id))?.trouble).to.equal(null);
    pass(30);
    await look();
    expect((await mailOf(id))?.trouble?.severity).to.equal('warning');
    pass(90);
    await look();
    expect((await mailOf(id))?.trouble?.severity).to.equal('error');
    expect(await fix.queries(() => look()), 'nothing is due any more').to.have.length(2);
  });

  it('tells outbound mail that waits, and names the configuration of the settings', async () => {
    const id = await addConfig('Outbound');
    settings = settingsOf(OUTBOUND);
    await fix.rows(
      `INSERT INTO mail_queue (attempts, recipient, raw_message, last_smtp_code, last_smtp_message, create_time)
       VALUES (2, 'a@b.c', 'x', 535, '5.7.139 Authentication unsuccessful, SmtpClientAuthentication is disabled for the Tenant.', ?)`,
      [time()],
    );
    await look();
    expect((await mailOf(id))?.trouble).to.deep.include({
      what: 'outbound',
      severity: 'error',
      accountId: null,
      cause: 'smtp-auth-off-tenant',
      count: 2,
    });
    // Another mail has left since: the one that waits has a fault of its own.
    pass(1);
    await fetched('', 'Successful', '', { direction: 'Outgoing' });
    await look();
    expect((await mailOf(id))?.trouble).to.equal(null);
    await fix.rows('DELETE FROM mail_queue');
    await fetched('', 'Failed', 'SMTP authentication failed: 5.7.3 Authentication unsuccessful', {
      direction: 'Outgoing',
    });
    await fetched('', 'Failed', 'SMTP authentication failed: 5.7.3 Authentication unsuccessful', {
      direction: 'Outgoing',
    });
    await look();
    expect((await mailOf(id))?.trouble).to.include({
      what: 'outbound',
      severity: 'error',
      cause: 'token-refused',
    });
    // The dispatcher adds that it failed, behind the reason.
    const off = '5.7.139 Authentication unsuccessful, SmtpClientAuthentication is disabled for the Tenant.';
    for (let time = 0; time < 2; time++) {
      await fetched(
        '',
        'Failed',
        `SMTP authentication failed (SMTP code: 535, ErrorMessage: 535, ${off}\n)`,
        {
          direction: 'Outgoing',
        },
      );
      await fix.rows(
        `INSERT INTO communication_log_object_entry (communication_log_object_id, log_key, log_value, priority, create_time)
         SELECT MAX(id), 'Kernel::System::Email', 'Error sending message using backend', 'Error', ?
         FROM communication_log_object`,
        [toHelpdeskTime(fix.clock.now, zone)],
      );
    }
    await look();
    expect((await mailOf(id))?.trouble?.said).to.contain(off);
    settings = settingsOf();
    await look();
    expect((await mailOf(id))?.trouble).to.equal(null);
  });

  it('takes a recipient that is refused for the fault of that mail', async () => {
    const id = await addConfig('Outbound');
    settings = settingsOf(OUTBOUND);
    const refused = "Envelope to 'gone@example.org' not accepted by the server: 550, 5.1.1 User unknown!";
    for (let time = 0; time < 3; time++)
      await fetched('', 'Failed', refused, { direction: 'Outgoing', connection: 'Successful' });
    await fix.rows(
      `INSERT INTO mail_queue (attempts, recipient, raw_message, last_smtp_code, last_smtp_message, create_time)
       VALUES (5, 'a@b.c', 'x', 451, ?, '2026-01-01 00:00:00')`,
      [refused],
    );
    await look();
    expect((await mailOf(id))?.trouble).to.equal(null);
    const own = "Envelope from 'out@example.org' not accepted by the server: 550, 5.7.60 SendAsDenied!";
    for (let time = 0; time < 2; time++)
      await fetched('', 'Failed', own, { direction: 'Outgoing', connection: 'Successful' });
    await look();
    expect((await mailOf(id))?.trouble).to.include({ what: 'outbound', cause: 'send-as', count: 2 });
  });
});
