import path from 'node:path';
import { expect } from 'chai';
import { outcomeOfState, type RecordedEvent } from '../../../plugin/domain/token/event-store.js';
import { presentEvent } from '../../../plugin/web/presenters/event.js';
import { readerOf } from '../../../plugin/web/reader.js';
import { createRender } from '../../../plugin/web/render.js';

const pages = createRender(path.resolve(import.meta.dirname, '../../../templates'));
const { render } = pages;
const LANGUAGE = { language: 'en', timeZone: 'UTC' };
const present = (event: Partial<RecordedEvent>) => {
  const whole: RecordedEvent = {
    at: new Date('2026-07-01T12:00:00Z'),
    configId: 7,
    name: 'Support',
    actor: null,
    login: null,
    fullName: null,
    what: 'renewal',
    outcome: 'ok',
    code: null,
    durationMs: 40,
    ...event,
  };
  return presentEvent(whole, readerOf(LANGUAGE, pages));
};
const show = (event: Partial<RecordedEvent>) => {
  const { who, what, outcome, explanation } = present(event);
  return { who, what, outcome, explanation };
};
const page = (event: Partial<RecordedEvent>) =>
  render('pages/history', { events: [present(event)], filters: {}, configId: null }, LANGUAGE);

describe('a line of the history', () => {
  it('says that a renewal is retried automatically, and that a person must retry a consent', () => {
    const passing = { outcome: 'transient', code: 'server_error' } as const;
    expect(show(passing)).to.deep.equal({
      who: 'Renewal service',
      what: 'Renewal of the token',
      outcome: 'Temporary problem; retried automatically',
      explanation: 'The provider is overloaded or has a problem. The sidecar retries automatically.',
    });
    expect(show({ ...passing, what: 'consent', actor: 2, login: 'olivia' })).to.deep.equal({
      who: 'olivia',
      what: 'Token requested',
      outcome: 'Provider unavailable',
      explanation: 'The provider is overloaded or has a problem. Try again in a few minutes.',
    });
  });

  it('names the mailbox and the program of a relay password, and explains neither', () => {
    for (const [what, text] of [
      ['relay-password-created', 'Relay password created'],
      ['relay-password-revoked', 'Relay password revoked'],
    ] as const) {
      const event = { what, actor: 2, login: 'olivia', code: 'a@example.com (Scanner)' };
      expect(show(event)).to.deep.equal({
        ...{ who: 'olivia', what: text, outcome: 'Successful', explanation: '' },
      });
      expect(present(event).code).to.equal('a@example.com (Scanner)');
    }
  });

  it("explains our own codes and the provider's", () => {
    expect(show({ what: 'consent', outcome: 'refused', code: 'code-missing' }).explanation).to.contain(
      'neither an authorization code nor an error',
    );
    expect(show({ what: 'consent', outcome: 'refused', code: 'access_denied' }).explanation).to.contain(
      'Consent was declined.',
    );
    expect(show({}).explanation).to.equal('');
  });

  it('names the new state of a configuration, and shows the word of an unknown one', () => {
    const changed = { what: 'state', outcome: 'attention' } as const;
    expect(show({ ...changed, code: 'consent-needed' })).to.deep.equal({
      who: 'Renewal service',
      what: 'State changed',
      outcome: 'Consent needed',
      explanation: '',
    });
    expect(show({ ...changed, code: 'of-a-later-version' }).outcome).to.equal('of-a-later-version');
    expect(show({ ...changed, code: 'toString' }).outcome).to.equal('toString');
  });

  it('is as severe as the overview shows what it led to', () => {
    const shown = (event: Partial<RecordedEvent>) =>
      /OAuth2State-(\w+)"><i class="fa (\S+)"/.exec(page(event))?.slice(1);
    for (const outcome of [
      'attention',
      'grant-dead',
      'client-rejected',
      'refused',
      'invalid-answer',
    ] as const)
      expect(shown({ outcome }), outcome).to.deep.equal(['error', 'fa-times-circle']);
    for (const outcome of ['warning', 'transient', 'interrupted'] as const)
      expect(shown({ outcome }), outcome).to.deep.equal(['warning', 'fa-exclamation-triangle']);
    expect(shown({})).to.deep.equal(['ok', 'fa-check-circle']);
    expect((['error', 'warning', 'info', 'ok'] as const).map(outcomeOfState)).to.deep.equal([
      ...['attention', 'warning', 'ok', 'ok'],
    ]);
  });

  it('shows why fetching stopped, and the name of a mailbox even if it reads like such a cause', () => {
    const shown = (code: string) => page({ what: 'state', outcome: 'attention', code });
    expect(shown('fetching-stopped daemon')).to.include('<p>The daemon does not start fetches</p>');
    expect(shown('mail-stopped daemon')).to.match(/<p><code>daemon<\/code>\s*<\/p>/);
  });
});
