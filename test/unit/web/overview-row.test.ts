import { expect } from 'chai';
import { readLastTest, writeLastTest } from '../../../plugin/domain/mailbox/last-test.js';
import { NO_USAGE, type Usage } from '../../../plugin/domain/mailbox/usage.js';
import { NEW_STATE } from '../../../plugin/domain/token/renewal.js';
import { tokenState } from '../../../plugin/domain/token/token-state.js';
import { inEnglish, type Phrase, phrase } from '../../../plugin/lib/phrase.js';
import { presentActions } from '../../../plugin/web/presenters/row-actions.js';
import { presentUsers } from '../../../plugin/web/presenters/row-usage.js';
import { presentTimeline } from '../../../plugin/web/presenters/timeline.js';
import { configOf, tokenOf } from '../../support/samples.js';

const NOW = new Date('2026-11-24T12:00:00Z');
const READER = { language: 'en', timeZone: 'UTC', t: inEnglish };
const in_ = (hours: number) => new Date(NOW.getTime() + hours * 3_600_000);
const account = (id: number, type = 'IMAPS') => ({
  id,
  login: `${id}@x.example`,
  host: 'h',
  type,
  folder: '',
});

describe('the timeline of a row', () => {
  const shown = (endsAt: Date | null, works: boolean, secretEndsAt: Date | null) =>
    presentTimeline({ endsAt, works, secretEndsAt }, NOW, READER);

  it('places token and secret on one scale, farther to the right the later, and says the same in words', () => {
    const { ends, now } = shown(in_(2), true, in_(24 * 20));
    expect(ends.map(({ what, name, text, isOver }) => [what, name, text, isOver])).to.deep.equal([
      ['token', 'Token', '14:00', false],
      ['secret', 'Secret', 'Dec 14, 2026', false],
    ]);
    const [token, secret] = ends.map(({ at }) => at);
    expect(token).to.be.above(now);
    expect(secret).to.be.above(token ?? 100);
    expect(shown(in_(24 * 9999), true, null).ends[0]?.at).to.be.at.most(98);
  });

  it('puts what is over before now, and says so', () => {
    const { ends, now } = shown(in_(-1), false, in_(-48));
    expect(ends.map(({ text, isOver, at }) => [text, isOver, at < now])).to.deep.equal([
      ['expired: 11:00', true, true],
      ['expired: Nov 22, 2026', true, true],
    ]);
    expect(shown(null, false, null).ends).to.deep.equal([]);
  });
});

describe('the actions of a row', () => {
  const actions = (usage: Partial<Usage>, token = tokenOf({ accessTokenExpiresAt: in_(5) })) => {
    const used = { ...NO_USAGE, ...usage };
    const isUsed = used.smtp || used.mailAccounts.length > 0;
    const state = tokenState({ config: configOf(), token, renewal: NEW_STATE, used: isUsed }, NOW);
    return presentActions(state, used, { withoutPerson: false, renewable: true, used: isUsed }, READER);
  };

  it('test and fetch the only mailbox at once, and lead to the list where there are several', () => {
    const one = actions({ mailAccounts: [account(5)] });
    expect(one.main).to.include({ subaction: 'TestMailbox', posts: true, mailbox: '5' });
    expect(one.menu.find(({ subaction }) => subaction === 'FetchMail')).to.include({
      mailbox: '5',
      posts: true,
    });
    const two = actions({ mailAccounts: [account(5), account(6)] });
    expect(two.main).to.include({ subaction: 'TestMailbox', posts: false, mailbox: '' });
    expect(two.menu.map(({ subaction }) => subaction)).to.not.include('FetchMail');
    expect(actions({ smtp: true }).main).to.include({ posts: true, mailbox: 'smtp' });
    expect(actions({ mailAccounts: [account(5, 'MSGraph')] }).main).to.include({ posts: false });
  });

  it('fetch a mailbox that signs in at the relay, and test nothing there', () => {
    const { main, menu } = actions({ mailAccounts: [{ ...account(5), relayed: true }] });
    expect([main, ...menu].find((action) => action?.subaction === 'TestMailbox')).to.include({
      posts: false,
      mailbox: '',
    });
    expect([main, ...menu].find((action) => action?.subaction === 'FetchMail')).to.include({
      mailbox: '5',
      posts: true,
    });
  });

  it('stand in the menu once each, and offer to delete only what nothing uses', () => {
    const unused = actions({});
    const names = [unused.main, ...unused.menu].map((action) => action?.text);
    expect(names).to.deep.equal([...new Set(names)]);
    expect(unused.main?.text).to.equal('Next steps');
    expect(names).to.include('Delete');
    expect(actions({ smtp: true }).menu.map(({ text }) => text)).to.not.include('Delete');
  });
});

describe('what uses a configuration', () => {
  it('names programs that use it through the relay, and leads to their passwords', () => {
    const usage: Usage = {
      ...NO_USAGE,
      mailAccounts: [{ ...account(5, 'IMAP'), relayed: true }],
      relayPasswords: [
        { id: 1, login: '5@x.example', client: 'Helpdesk' },
        { id: 2, login: '5@x.example', client: 'Scanner' },
      ],
    };
    const reader = {
      ...READER,
      t: (text: Phrase, ...values: unknown[]) => inEnglish(phrase(String(text), ...values.map(String))),
    };
    const show = { time: String, date: String };
    const { first, others } = presentUsers({ usage, configId: 7 }, new Map(), reader, show);
    expect(first).to.include({ text: '5@x.example', more: 'IMAP, h, through the relay' });
    expect(others.map(({ text, url }) => [text, url])).to.deep.equal([
      ['Relay passwords: 2', 'index.pl?Action=AdminOAuth2TokenManagement;Subaction=RelayPasswords;ID=7'],
    ]);
  });
});

describe('the last test of a mailbox', () => {
  it('is read as it was written; anything else counts as none', () => {
    const test = { at: NOW, outcome: 'warning', mailbox: 'a@x.example' } as const;
    expect(readLastTest(writeLastTest(test))).to.deep.equal(test);
    for (const text of [null, '', '{', '{"at":"x"}', '{"at":1,"outcome":"red","mailbox":"a"}', '[]', 'null'])
      expect(readLastTest(text), String(text)).to.equal(null);
  });
});

describe('a configuration that nothing uses', () => {
  it('is never worse than a warning; not knowing counts as used', () => {
    const dead = tokenOf({ accessTokenExpiresAt: in_(-1), refreshToken: null });
    const severity = (used?: boolean) =>
      tokenState(
        { config: configOf(), token: dead, renewal: NEW_STATE, ...(used === undefined ? {} : { used }) },
        NOW,
      ).severity;
    expect([severity(), severity(true), severity(false)]).to.deep.equal(['error', 'error', 'warning']);
  });
});
