import { expect } from 'chai';
import { explainFetch } from '../../../../plugin/domain/mailbox/explain-fetch.js';
import type { FetchEnd } from '../../../../plugin/domain/mailbox/mail-fetcher.js';
import { inEnglish } from '../../../../plugin/lib/phrase.js';

const explained = (end: FetchEnd) => {
  const { outcome, text } = explainFetch(end, 'support@example.org');
  return [outcome, ...text.map(inEnglish)];
};
const fetched = (mails: number, failed = 0) => explained({ kind: 'fetched', mails, failed, tickets: [] });

describe('the words about a fetch on request', () => {
  it('invite to send a mail where there was none', () => {
    expect(fetched(0)).to.deep.equal([
      'ok',
      'The helpdesk signed in. There is no mail to fetch.',
      'Send a message to support@example.org and fetch again to see it become a ticket.',
    ]);
  });

  it('count the mails, and warn of those that became no ticket', () => {
    expect(fetched(3)).to.deep.equal(['ok', 'Messages fetched: 3.']);
    expect(fetched(3, 1)).to.deep.equal([
      'warning',
      'Messages fetched: 3.',
      'Messages that could not be turned into tickets: 1. The helpdesk keeps them in var/spool and gives the reason in its log.',
    ]);
  });

  it('say how long a lock keeps others waiting', () => {
    expect(explained({ kind: 'locked' })).to.deep.equal([
      'warning',
      'The helpdesk is fetching mail at this moment and permits one fetch at a time. Try again in a minute.',
      'If a fetch was interrupted, the helpdesk waits for up to ten minutes before the next one.',
    ]);
  });

  it('lead to the test of the mailbox when a fetch failed or did not end', () => {
    expect(explained({ kind: 'failed', said: 'Auth error: 1 NO AUTHENTICATE failed.' })).to.deep.equal([
      'fault',
      'The helpdesk could not fetch mail.',
      'Its communication log says: Auth error: 1 NO AUTHENTICATE failed.',
      'Test the mailbox: the test names the step that fails, and the remedy.',
    ]);
    expect(explained({ kind: 'failed', said: '' })).to.have.length(3);
    expect(explained({ kind: 'timeout' })).to.deep.equal([
      'fault',
      'The fetch did not end within 40 seconds and was stopped.',
      'Messages fetched before the failure are in the helpdesk. Test the mailbox to find the step that fails.',
    ]);
  });

  it('lead to the page of the helpdesk where its Perl cannot be run', () => {
    expect(explained({ kind: 'unavailable' })).to.deep.equal([
      'fault',
      'The fetcher of the helpdesk could not be run here. Use "Fetch mail" on the helpdesk\'s page of mail accounts.',
    ]);
  });
});
