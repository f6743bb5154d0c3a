import { expect } from 'chai';
import { actorOf, readFetchCause, saidOf } from '../../../../plugin/domain/mailbox/fetch-cause.js';
import {
  addFetch,
  type FetchEvent,
  type FetchFacts,
  NO_FETCHES,
} from '../../../../plugin/domain/mailbox/fetch-facts.js';
import { fetchingState, fetchPeriod } from '../../../../plugin/domain/mailbox/fetching-state.js';
import { USUAL_THRESHOLDS } from '../../../../plugin/domain/mailbox/mail-thresholds.js';
import { type MailboxState, mailboxState } from '../../../../plugin/domain/mailbox/mailbox-state.js';

const MINUTE = 60_000;
const START = new Date('2026-03-01T08:00:00Z');
const at = (minutes: number) => new Date(START.getTime() + minutes * MINUTE);
const REFUSED = 'Auth error: 1 NO AUTHENTICATE failed.';
const PASSING = 'Auth error: 1 NO [UNAVAILABLE] Server Unavailable. 15';
const CLOSED = "IMAP: Can't connect to mail.example.org: Unable to connect to mail.example.org: ";

let number = 0;
const event = (minutes: number, result: FetchEvent['result'], said = ''): FetchEvent => ({
  logId: ++number,
  accountId: 7,
  at: at(minutes),
  result,
  said,
});
const played = (...events: FetchEvent[]): FetchFacts =>
  events.reduce((facts, one) => addFetch(facts, one, 'imap'), NO_FETCHES);
const failed = (said: string, ...minutes: number[]) => minutes.map((one) => event(one, 'failed', said));

const judged = (
  fetches: FetchFacts,
  minutes: number,
  fetching = { isStopped: false, lastAt: at(minutes) },
): MailboxState =>
  mailboxState({ isWatched: true, fetches }, { thresholds: USUAL_THRESHOLDS, fetching }, at(minutes));

/** Opaque, as the lab's provider and many others issue them. */
const TOKEN = 'Vcsu02-lN9iSHlsN8k0KunHCuB15LhskSfqGZFb2iND';

describe('the state of a mailbox', () => {
  it('is a note after one failed fetch, even if time does not cure the cause', () => {
    for (const said of [CLOSED, REFUSED])
      expect(judged(played(event(0, 'succeeded'), ...failed(said, 10)), 10)).to.include({
        kind: 'failing',
        severity: 'note',
        count: 1,
      });
  });

  it('is a warning after three failures in a row, or half an hour', () => {
    expect(judged(played(...failed(CLOSED, 0, 1)), 1).severity).to.equal('note');
    expect(judged(played(...failed(CLOSED, 0, 1, 2)), 2).severity).to.equal('warning');
    expect(judged(played(...failed(CLOSED, 0, 20)), 29).severity).to.equal('note');
    expect(judged(played(...failed(CLOSED, 0, 20)), 30).severity).to.equal('warning');
  });

  it('is an error after two hours, and at once at the second failure that time does not cure', () => {
    expect(judged(played(...failed(CLOSED, 0, 10, 20)), 119).severity).to.equal('warning');
    expect(judged(played(...failed(CLOSED, 0, 10, 20)), 120).severity).to.equal('error');
    expect(judged(played(...failed(REFUSED, 0, 10)), 10)).to.include({
      severity: 'error',
      cause: 'token-refused',
    });
  });

  it('keeps a cause that time does not cure when a passing failure follows, with its own time and count', () => {
    const facts = played(...failed(REFUSED, 0, 10), ...failed(PASSING, 20, 30), ...failed(CLOSED, 40));
    const state = judged(facts, 40);
    expect(state).to.include({ severity: 'error', cause: 'token-refused', count: 2, said: REFUSED });
    expect(state.since).to.deep.equal(at(0));
    expect(facts.causes.map(({ cause, count }) => [cause, count])).to.deep.equal([
      ['token-refused', 2],
      ['not-reached', 1],
      ['unavailable', 2],
    ]);
  });

  it('hangs since the first fetch that did not end, although the helpdesk kills it and begins another', () => {
    const facts = played(event(0, 'succeeded'), event(10, 'open'), event(20, 'open'));
    expect(judged(facts, 24).kind).to.equal('fetched');
    expect(judged(facts, 25)).to.deep.include({ kind: 'hanging', severity: 'error', since: at(10) });
    expect(judged(played(event(10, 'open'), event(20, 'open'), event(30, 'succeeded')), 31).kind).to.equal(
      'fetched',
    );
  });

  it('is cleared by a success alone', () => {
    const facts = played(...failed(REFUSED, 0, 10), event(20, 'open'));
    expect(judged(facts, 20).severity).to.equal('error');
    expect(judged(addFetch(facts, event(30, 'succeeded'), 'imap'), 30)).to.include({
      kind: 'fetched',
      severity: 'ok',
      cause: null,
      count: 0,
    });
  });

  it('counts a row of the log once, however often it is read', () => {
    const [one] = failed(CLOSED, 0) as [FetchEvent];
    expect(addFetch(addFetch(NO_FETCHES, one, 'imap'), one, 'imap').failures).to.equal(1);
  });

  it('is hanging after a quarter of an hour without the end of a fetch, from its beginning on', () => {
    const row = event(0, 'open');
    const facts = addFetch(played(row), { ...row, at: at(14) }, 'imap');
    expect(judged(facts, 14).kind).to.equal('never-fetched');
    const state = judged(facts, 15);
    expect(state).to.include({ kind: 'hanging', severity: 'error' });
    expect(state.since).to.deep.equal(at(0));
    expect(judged(addFetch(facts, { ...row, result: 'succeeded' }, 'imap'), 16).kind).to.equal('fetched');
  });

  it('says when time alone changes it', () => {
    const facts = played(...failed(CLOSED, 0));
    expect(judged(facts, 1).changesAt).to.deep.equal(at(30));
    expect(judged(facts, 31).changesAt).to.deep.equal(at(120));
    expect(judged(facts, 121).changesAt).to.equal(null);
    expect(judged(played(event(0, 'succeeded')), 1).changesAt).to.deep.equal(at(120));
  });

  it('is a warning where the others are fetched and this one is not, and nothing where none is', () => {
    const facts = played(event(0, 'succeeded'));
    expect(judged(facts, 130, { isStopped: false, lastAt: at(125) })).to.include({
      kind: 'left-out',
      severity: 'warning',
    });
    expect(judged(facts, 130, { isStopped: false, lastAt: at(0) }).severity).to.equal('ok');
    expect(judged(facts, 130, { isStopped: true, lastAt: at(125) }).severity).to.equal('ok');
  });

  it('tells apart accounts that nobody fetches and those that are not valid', () => {
    expect(judged(NO_FETCHES, 0)).to.include({ kind: 'never-fetched', severity: 'ok' });
    const context = { thresholds: USUAL_THRESHOLDS, fetching: { isStopped: false, lastAt: null } };
    expect(
      mailboxState({ isWatched: false, fetches: played(...failed(REFUSED, 0, 1)) }, context, at(2)),
    ).to.include({ kind: 'not-watched', severity: 'ok' });
  });

  it('is that of the token where the token does not work', () => {
    const token = {
      kind: 'consent-needed',
      severity: 'error',
      works: false,
      failingSince: at(0),
      endsAt: null,
    } as const;
    const context = { thresholds: USUAL_THRESHOLDS, fetching: { isStopped: false, lastAt: null }, token };
    const state = mailboxState({ isWatched: true, fetches: NO_FETCHES }, context, at(2));
    expect(state).to.include({ kind: 'token', severity: 'error', cause: 'consent-needed' });
    const fine = { ...context, token: { ...token, severity: 'warning' as const } };
    expect(mailboxState({ isWatched: true, fetches: NO_FETCHES }, fine, at(2)).severity).to.equal('ok');
  });
});

describe('what the helpdesk says of a failed fetch', () => {
  for (const [said, cause, lasts] of [
    [REFUSED, 'token-refused', 'permanent'],
    [PASSING, 'unavailable', 'passing'],
    [CLOSED, 'not-reached', 'passing'],
    ['Auth error: socket closed while reading data from server', 'closed', 'passing'],
    ['Auth error: 1 NO User is authenticated but not connected.', 'no-access', 'permanent'],
    ['IMAPS: Name or service not known', 'host-unknown', 'permanent'],
    [
      'IMAPS: SSL connect attempt failed error:0A000086:SSL routines::certificate verify failed',
      'certificate',
      'permanent',
    ],
    ['', 'other', 'passing'],
    ['\u0000\ud800 nonsense %s %n', 'other', 'passing'],
  ] as const)
    it(`means ${cause} where it is ${JSON.stringify(said)}`, () => {
      expect(readFetchCause(saidOf(said), 'imap')).to.include({ cause, lasts });
    });

  for (const said of [
    `1 NO bad ${TOKEN}`,
    `1 NO {"error":"invalid","x":"${TOKEN}"}`,
    `* BYE ${Buffer.from(`user=a@b\u0001auth=Bearer ${TOKEN}`).toString('base64')}`,
    `1 BAD ${Buffer.from(TOKEN).toString('hex')}`,
    `1 NO ${[...TOKEN].reverse().join('')}`,
  ])
    it(`is kept without the token that it sends back: ${said.slice(0, 12)}`, () => {
      const kept = saidOf(`Auth error: ${said}`);
      expect(kept)
        .to.match(/^Auth error: /)
        .and.to.contain('[redacted]');
      for (const text of [kept, [...kept].reverse().join('')])
        for (let at = 0; at + 16 <= TOKEN.length; at++) expect(text).not.to.contain(TOKEN.slice(at, at + 16));
      expect(kept).not.to.match(/[0-9a-f]{32}/);
    });

  for (const [said, who] of [
    [CLOSED, 'admin'],
    [PASSING, 'provider'],
    ['Auth error: 1 NO [OVERQUOTA] Mailbox is full', 'owner'],
    ['Auth error: 1 NO User is authenticated but not connected.', 'tenant-admin'],
    ['Auth error: 1 NO [ALERT] Please log in via your web browser', 'owner'],
    ['', 'admin'],
  ] as const)
    it(`is for ${who} to act on where it is ${JSON.stringify(said)}`, () => {
      expect(readFetchCause(said, 'imap').who).to.equal(who);
      expect(actorOf(readFetchCause(said, 'imap').cause)).to.equal(who);
    });

  it('keeps the words for people', () => {
    const said =
      'Auth error: 1 NO [AUTHENTICATIONFAILED] See https://learn.microsoft.com/exchange/client-access for outlook.office365.com';
    expect(saidOf(said)).to.equal(said);
    expect(saidOf('a\u001b[31m\u009b2J\u202eb')).to.equal('a [31m 2J b');
  });

  it('is kept as one short line without secrets', () => {
    const text = saidOf(`Bearer ${'A1'.repeat(30)}\r\n\tline\u0007 ${'x'.repeat(10_000)}`);
    expect(text).to.equal('Bearer [redacted] line [redacted]');
    expect(saidOf('word '.repeat(1000))).to.have.length(300);
  });
});

describe('fetching as a whole', () => {
  const HANG = USUAL_THRESHOLDS.hang;
  const facts = {
    lastAt: at(0),
    lockSince: null,
    open: null,
    startedAt: at(0),
    period: 10 * MINUTE,
    watchingSince: at(-100),
    mailboxes: 300,
  };

  it('has stopped after three periods without a fetch of any account', () => {
    expect(fetchingState({ ...facts, startedAt: at(29) }, HANG, at(29)).isStopped).to.equal(false);
    expect(fetchingState({ ...facts, startedAt: at(29) }, HANG, at(30))).to.include({
      isStopped: true,
      cause: 'not-started',
    });
  });

  it('names the daemon, a lock that was left over, or a fetch that hangs', () => {
    expect(fetchingState(facts, HANG, at(30)).cause).to.equal('daemon');
    const both = { ...facts, lockSince: at(0) };
    expect(fetchingState({ ...both, startedAt: at(0) }, HANG, at(30)).cause).to.equal('daemon');
    expect(fetchingState({ ...both, startedAt: null }, HANG, at(30)).cause).to.equal('lock');
    expect(fetchingState({ ...facts, lockSince: at(0), startedAt: at(30) }, HANG, at(30)).cause).to.equal(
      'lock',
    );
    const open = { accountId: 7, mailbox: 'box@example.org', since: at(0), isLast: true, waiting: 299 };
    const state = fetchingState({ ...facts, lockSince: at(0), open }, HANG, at(15));
    expect(state).to.include({
      isStopped: true,
      cause: 'hanging',
      accountId: 7,
      mailbox: 'box@example.org',
      mailboxes: 299,
    });
    expect(fetchingState({ ...facts, lockSince: at(0), open }, HANG, at(14)).isStopped).to.equal(false);
  });

  it('has stopped for the mailboxes behind one that hangs, whatever the helpdesk fetches before it', () => {
    // The helpdesk kills the fetch after ten minutes, gives its lock back, and begins again at the first account.
    const open = { accountId: 7, mailbox: 'box@example.org', since: at(0), isLast: false, waiting: 3 };
    const again = { ...facts, startedAt: at(40), lastAt: at(40), open };
    for (const lockSince of [at(40), null])
      expect(fetchingState({ ...again, lockSince }, HANG, at(45))).to.include({
        cause: 'hanging',
        mailboxes: 3,
        since: open.since,
      });
    // The last one in the order keeps nobody waiting: only that mailbox has stopped.
    expect(fetchingState({ ...again, open: { ...open, waiting: 0 } }, HANG, at(45)).isStopped).to.equal(
      false,
    );
    // Nobody holds the lock, and nothing was started since: it is the daemon.
    expect(fetchingState({ ...again, lockSince: null }, HANG, at(70)).cause).to.equal('daemon');
    expect(fetchingState({ ...again, lockSince: at(40) }, HANG, at(70)).cause).to.equal('hanging');
  });

  it('is not judged by a time in which nobody looked', () => {
    expect(fetchingState({ ...facts, watchingSince: at(1000) }, HANG, at(1020)).isStopped).to.equal(false);
  });

  it('is not expected where the task is off, nothing was ever fetched, or no mailbox needs it', () => {
    for (const odd of [{ period: null }, { lastAt: null }, { mailboxes: 0 }])
      expect(fetchingState({ ...facts, ...odd }, HANG, at(10_000)).isStopped).to.equal(false);
  });

  it('is expected by the line of the task', () => {
    const period = (line: string) => (fetchPeriod({ Schedule: line }) ?? 0) / MINUTE;
    expect(period('*/10 * * * *')).to.equal(10);
    expect(period('* * * * *')).to.equal(1);
    expect(period('0,15,30,45 * * * *')).to.equal(15);
    expect(period('5,10 * * * *')).to.equal(55);
    expect(period('7 * * * *')).to.equal(60);
    expect(period('*/10 8-18 * * 1-5')).to.equal(1440);
    expect(period('nonsense')).to.equal(1440);
    expect(fetchPeriod(undefined)).to.equal(null);
  });
});
