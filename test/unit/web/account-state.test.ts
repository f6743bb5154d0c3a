import path from 'node:path';
import { expect } from 'chai';
import { NO_FETCHES } from '../../../plugin/domain/mailbox/fetch-facts.js';
import type { WatchedMailbox } from '../../../plugin/domain/mailbox/mail-watch.js';
import { accountStates } from '../../../plugin/usecases/account-states.js';
import { presentAccount } from '../../../plugin/web/presenters/account-state.js';
import { readerOf } from '../../../plugin/web/reader.js';
import { createRender } from '../../../plugin/web/render.js';
import { settingsReader } from '../../support/samples.js';

const pages = createRender(path.resolve(import.meta.dirname, '../../../templates'));
const { render } = pages;
const reader = readerOf({ language: 'en', timeZone: 'UTC' }, pages);
const NOW = new Date('2026-03-01T12:00:00Z');
const ago = (minutes: number) => new Date(NOW.getTime() - minutes * 60_000);
const failing = {
  ...NO_FETCHES,
  failures: 4,
  failingSince: ago(40),
  failedAt: ago(2),
  causes: [
    {
      cause: 'closed',
      lasts: 'passing' as const,
      said: "Can't connect to HOST",
      first: ago(40),
      last: ago(2),
      count: 4,
    },
  ],
};
const mailbox = (change: Partial<WatchedMailbox>): WatchedMailbox => ({
  accountId: 7,
  login: 'box@example.org',
  type: 'IMAPS',
  host: 'mail.example.org',
  configId: 3,
  isValid: true,
  fetches: { ...NO_FETCHES, fetchedAt: ago(5) },
  mutedUntil: null,
  token: { kind: 'valid', severity: 'ok', works: true },
  ...change,
});

async function shown(change: Partial<WatchedMailbox>, { isStopped = false, mayChange = true } = {}) {
  const settings = await settingsReader({}).current();
  const asked: unknown[] = [];
  const mailWatch = {
    mailboxes: async (which: object) => {
      asked.push(which);
      return [mailbox(change)];
    },
  };
  const fetching = () => ({
    isStopped,
    cause: null,
    since: null,
    accountId: null,
    mailbox: '',
    lastAt: ago(5),
    mailboxes: 1,
  });
  const accounts = await accountStates({ mailWatch, fetching, clock: () => NOW }, settings);
  expect(asked).to.deep.equal([{ outbound: null, most: 1000 }]);
  return accounts.map((account) => presentAccount(account, { isStopped, mayChange, now: NOW }, reader));
}

describe('the states of mail accounts on the page of the helpdesk', () => {
  it('say when mail was last fetched', async () => {
    const [one] = await shown({});
    expect(one).to.include({ severity: 'ok', sentence: 'Mail last fetched: 11:55.', tests: false });
    const [stopped] = await shown({}, { isStopped: true });
    expect(stopped).to.include({ severity: 'info', sentence: 'Mail last fetched: 11:55.' });
    const [never] = await shown({ fetches: NO_FETCHES });
    expect(never).to.include({ severity: 'info', sentence: 'No mail has been fetched yet.' });
  });

  it('name the cause of a failure, and lead to the test of the mailbox', async () => {
    const sentence =
      'Mailbox box@example.org: fetches have failed since 11:20 (attempts: 4). The mail server cannot be reached: check the host and port of the mail account, the name server, and the firewall.';
    const [one] = await shown({ fetches: failing });
    expect(one).to.include({ severity: 'warning', sentence, tests: true, shows: false });
    const [looksOnly] = await shown({ fetches: failing }, { mayChange: false });
    expect(looksOnly).to.include({ tests: false, shows: true });
    const [muted] = await shown({ fetches: failing, mutedUntil: ago(-60) });
    expect(muted).to.include({ severity: 'info', sentence: `Muted until 13:00. ${sentence}` });
  });

  it('take one failure for a note', async () => {
    const once = { ...failing, failures: 1, failingSince: ago(2), fetchedAt: ago(12) };
    const [one] = await shown({ fetches: once });
    expect(one).to.include({
      severity: 'info',
      sentence: 'The last fetch failed: 11:58. Mail last fetched: 11:48.',
      tests: false,
    });
  });

  it('lead to the configuration if its token does not work', async () => {
    const [one] = await shown({ token: { kind: 'consent-needed', severity: 'error', works: false } });
    expect(one).to.include({
      severity: 'error',
      sentence: 'The token of this mailbox does not work.',
      tests: false,
      shows: true,
    });
  });

  it('leave out accounts that are not valid', async () => {
    expect(await shown({ isValid: false })).to.deep.equal([]);
  });

  it('contain no markup of a login', async () => {
    const accounts = await shown({
      login: '"><img src=x onerror=alert(1)>',
      fetches: failing,
    });
    const html = render('pages/mail-accounts', { accounts }, reader);
    expect(html).to.contain('data-oauth2-account="7"').and.contain('Subaction&#x3D;TestMailbox;ID&#x3D;3');
    expect(html).not.to.contain('<img');
  });
});
