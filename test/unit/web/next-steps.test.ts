import { expect } from 'chai';
import type { Identity } from '../../../plugin/domain/consent/identity.js';
import { inEnglish } from '../../../plugin/lib/phrase.js';
import {
  type NextStepsFacts,
  presentNextSteps,
  readMailboxName,
} from '../../../plugin/web/presenters/next-steps.js';
import type { Reader } from '../../../plugin/web/reader.js';
import { clientCredentials } from '../../support/client-credentials.js';
import { configOf } from '../../support/samples.js';

const reader = { t: inEnglish } as unknown as Reader;
const OWNER: Identity = {
  subject: 's',
  login: 'jane@example.com',
  email: null,
  issuer: 'https://idp.example.org',
};
const steps = (changes: Partial<NextStepsFacts> = {}) =>
  presentNextSteps(
    {
      config: configOf(),
      identity: OWNER,
      servers: {
        receive: [
          { type: 'IMAPS', address: 'outlook.office365.com' },
          { type: 'POP3S', address: 'outlook.office365.com' },
        ],
        send: { type: 'SMTPTLS', address: 'smtp.office365.com' },
      },
      accounts: [],
      abilities: { mailAccounts: true, smtp: true, scripts: 'bin/otrs' as never },
      other: '',
      ...changes,
    },
    reader,
  );

describe('the page that leads from a token to mail', () => {
  it('offers each way to receive mail for the address that consented, one of them as the main one', () => {
    expect(steps().receive.map(({ type, primary }) => [type, primary])).to.deep.equal([
      ['IMAPS', true],
      ['POP3S', false],
    ]);
    expect(steps().login).to.equal('jane@example.com');
    expect(steps().isShared).to.equal(false);
    expect(steps().rights).to.deep.equal([]);
  });

  it('offers one form without type and host where no server is known, and none to a helpdesk without tokens', () => {
    const [only, ...others] = steps({ servers: { receive: [], send: null } }).receive;
    expect(others).to.deep.equal([]);
    expect(only).to.include({ type: '', address: '', primary: true });
    const unable = steps({ abilities: { mailAccounts: false, smtp: false, scripts: 'bin/otrs' as never } });
    expect(unable.receive).to.deep.equal([]);
    expect(unable.send).to.equal(null);
  });

  it('knows no address where the token names nobody or none that is one, until one is entered', () => {
    for (const identity of [null, { ...OWNER, login: 'jane' }])
      expect(steps({ identity })).to.deep.include({ login: '', receive: [], send: null });
    expect(steps({ identity: null, other: 'support@example.com' })).to.deep.include({
      login: 'support@example.com',
      isShared: false,
    });
  });

  it('tells the right to a shared mailbox, which the own address is not, however it is written', () => {
    expect(steps({ other: 'JANE@example.com' }).isShared).to.equal(false);
    const shared = steps({ other: 'support@example.com' });
    expect(shared.isShared).to.equal(true);
    expect(shared.rights[0]).to.contain('-Identity support@example.com -User jane@example.com');
    const app = steps({
      config: configOf({ document: clientCredentials() }),
      identity: null,
      other: 'support@example.com',
    });
    expect(app.isShared).to.equal(true);
    expect(app.user).to.equal('The app');
    expect(app.rights[0]).to.contain('-User OBJECT-ID');
  });

  it('tells incoming accounts from outbound mail', () => {
    const mailbox = {
      type: 'IMAPS',
      address: 'mail.example.com',
      login: 'a@example.com',
      folder: 'INBOX',
    } as const;
    const page = steps({
      accounts: [
        { ...mailbox, accountId: 3 },
        { ...mailbox, type: 'SMTPS', accountId: null },
      ],
    });
    expect(page.accounts.map(({ target }) => target)).to.deep.equal([3]);
    expect(page.outbound.map(({ target }) => target)).to.deep.equal(['smtp']);
  });

  it('takes an entered mailbox only if it is one word without control characters', () => {
    expect(readMailboxName('support@example.com')).to.equal('support@example.com');
    for (const bad of ['', 'two words', 'a\u202eb', `${'x'.repeat(251)}`])
      expect(readMailboxName(bad), bad).to.equal('');
  });
});
