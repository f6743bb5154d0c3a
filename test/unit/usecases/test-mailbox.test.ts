import { expect } from 'chai';
import type { KnownIdentity } from '../../../plugin/domain/consent/identity-store.js';
import { SPLIT_HOSTS } from '../../../plugin/domain/helpdesk/split-hosts.js';
import type { MailboxReport, MailboxTarget } from '../../../plugin/domain/mailbox/mailbox.js';
import { inEnglish } from '../../../plugin/lib/phrase.js';
import { listMailboxes } from '../../../plugin/usecases/list-mailboxes.js';
import { testMailbox } from '../../../plugin/usecases/test-mailbox.js';
import { noUsage, settingsReader, tokenOf, usagesOf } from '../../support/samples.js';
import { ScriptedEndpoint } from '../../support/scripted-endpoint.js';
import { codeOf, testDeps } from './setup.js';

const ACCOUNT = {
  id: 5,
  login: 'support@example.com',
  host: 'pop.example.com:1995',
  type: 'POP3S',
  folder: '',
};
const SMTP = {
  SendmailModule: 'Kernel::System::Email::SMTPTLS',
  'SendmailModule::Host': 'smtp.example.com',
  'SendmailModule::Port': '2587',
  'SendmailModule::AuthUser': 'support@example.com',
  FQDN: 'help.example.com:8080',
};
const GOOD: MailboxReport = {
  steps: (['resolve', 'connect', 'certificate', 'greeting', 'capability', 'sign-in', 'folder'] as const).map(
    (name) => ({ name, result: 'ok', ms: 1, found: [] }),
  ),
  transcript: [],
  certificate: null,
  offersXoauth2: true,
  fault: null,
  challenge: null,
};
const TYPED = {
  type: 'IMAPS',
  address: 'imap.example.com',
  login: 'a@example.com',
  folder: '',
  allowUnprotected: false,
};

function make({
  token = tokenOf(),
  report = GOOD,
  settings = SMTP as Record<string, unknown>,
  identities = new Map<number, KnownIdentity>(),
} = {}) {
  const targets: MailboxTarget[] = [];
  const lines: unknown[] = [];
  const log = { info: (facts: unknown) => void lines.push(facts), warn() {}, error() {} };
  const endpoint = new ScriptedEndpoint(() => ({ access_token: 'never' }));
  return {
    ...testDeps(endpoint, { token }),
    identities: { of: async () => identities },
    usages: usagesOf({ ...noUsage, mailAccounts: [ACCOUNT], smtp: true }),
    settings: settingsReader(settings),
    mailboxes: {
      async run(target: MailboxTarget) {
        targets.push(target);
        return report;
      },
    },
    lastTests: { note: async () => undefined },
    abilities: async () => ({ scripts: 'otrs' as const }),
    log,
    lines,
    targets,
  };
}

describe('the test of a mailbox', () => {
  it('lists the mail accounts and the outbound mail of a configuration', async () => {
    const deps = make();
    const { known, others } = await listMailboxes(deps, 7);
    expect(others).to.deep.equal([]);
    expect(known).to.deep.equal([
      {
        accountId: 5,
        type: 'POP3S',
        address: 'pop.example.com:1995',
        login: 'support@example.com',
        folder: '',
      },
      {
        accountId: null,
        type: 'SMTPTLS',
        address: 'smtp.example.com:2587',
        login: 'support@example.com',
        folder: '',
      },
    ]);
    expect(await codeOf(listMailboxes(deps, 8))).to.equal('unknown-token-config');
  });

  it('names the accounts that Microsoft Graph fetches (Znuny 7.2 and newer), and tests none of them', async () => {
    const graph = { ...ACCOUNT, id: 6, type: 'MSGraph', host: 'graph.microsoft.com' };
    const deps = { ...make(), usages: usagesOf({ ...noUsage, mailAccounts: [ACCOUNT, graph] }) };
    const { known, others } = await listMailboxes(deps, 7);
    expect(known.map(({ accountId }) => accountId)).to.deep.equal([5]);
    expect(others.map(({ accountId, type }) => [accountId, type])).to.deep.equal([[6, 'MSGraph']]);
    expect(await codeOf(testMailbox(deps, { configId: 7, mailbox: 6 }))).to.equal('unknown-mail-account');
    expect(deps.targets).to.deep.equal([]);
  });

  it('signs in as the helpdesk would: stored token, its port, POP3 form chosen by the whole address', async () => {
    const deps = make({ settings: { ...SMTP, [SPLIT_HOSTS]: ['POP.example.com:1995'] } });
    const test = await testMailbox(deps, { configId: 7, mailbox: 5 });
    expect(deps.targets).to.deep.equal([
      {
        type: 'POP3S',
        host: 'pop.example.com',
        port: 1995,
        login: 'support@example.com',
        folder: '',
        accessToken: 'access-0',
        split: true,
        allowUnprotected: true,
        helloName: 'help.example.com',
      },
    ]);
    expect(test.outcome).to.equal('ok');
    expect(test.explanation).to.deep.equal([]);
    expect(JSON.stringify(deps.lines)).to.contain('pop.example.com').and.not.contain('access-0');
  });

  it("tests outbound mail by the helpdesk's settings", async () => {
    const deps = make();
    await testMailbox(deps, { configId: 7, mailbox: 'smtp' });
    expect(deps.targets[0]).to.deep.include({ type: 'SMTPTLS', host: 'smtp.example.com', port: 2587 });
  });

  it('says that a token has expired, and does not renew it', async () => {
    const deps = make({ token: tokenOf({ accessTokenExpiresAt: new Date('2026-11-24T11:00:00Z') }) });
    const test = await testMailbox(deps, { configId: 7, mailbox: 5 });
    expect(test.token).to.deep.equal({ state: 'expired', expiresAt: new Date('2026-11-24T11:00:00Z') });
    expect(deps.endpoint.requests).to.deep.equal([]);
    expect(deps.targets[0]?.accessToken).to.equal('access-0');
  });

  it('stops before the sign-in without a token, and says why', async () => {
    const deps = make({
      token: tokenOf({ accessToken: null }),
      report: { ...GOOD, steps: GOOD.steps.slice(0, 5) },
    });
    const test = await testMailbox(deps, { configId: 7, mailbox: 5 });
    expect(deps.targets[0]?.accessToken).to.equal(null);
    expect(test.outcome).to.equal('fault');
    expect(test.explanation.map(inEnglish)).to.deep.equal(['No token has been requested yet.']);
    expect(test.steps.slice(5).map(({ name, result }) => [name, result])).to.deep.equal([
      ['sign-in', 'skipped'],
      ['folder', 'skipped'],
    ]);
  });

  it('names setting and command for the other POP3 form', async () => {
    const report: MailboxReport = {
      ...GOOD,
      steps: [...GOOD.steps.slice(0, 5), { name: 'sign-in', result: 'fault', ms: 1, found: [] }],
      fault: { code: 'other-form', step: 'sign-in', said: '' },
    };
    const test = await testMailbox(make({ report, settings: { ...SMTP, [SPLIT_HOSTS]: ['a'] } }), {
      configId: 7,
      mailbox: 5,
    });
    expect(test.settingChange?.setting).to.equal(SPLIT_HOSTS);
    expect(test.settingChange?.command).to.contain("- 'a'\n- 'pop.example.com:1995'\n");
  });

  it('goes where mail servers are for an address that is typed in, with TLS unless allowed otherwise', async () => {
    const deps = make();
    await testMailbox(deps, { configId: 7, mailbox: TYPED });
    await testMailbox(deps, {
      configId: 7,
      mailbox: { ...TYPED, address: 'POP.example.com:1995', allowUnprotected: true },
    });
    expect(
      deps.targets.map(({ host, port, allowUnprotected }) => [host, port, allowUnprotected]),
    ).to.deep.equal([
      ['imap.example.com', 993, false],
      ['POP.example.com', 1995, true],
    ]);
  });

  it('refuses other ports, broken hosts and whatever could begin a line of its own in what is typed in', async () => {
    const refused: [object, string][] = [
      [{ address: '127.0.0.1:3306' }, 'Host'],
      [{ address: 'pop.example.com:1996' }, 'Host'],
      [{ address: 'http://x' }, 'Host'],
      [{ login: '' }, 'Login'],
      [{ login: 'a\r\nA1 LOGOUT' }, 'Login'],
      [{ folder: 'INBOX\r\nx' }, 'Folder'],
      [{ folder: 'x'.repeat(251) }, 'Folder'],
      [{ type: 'HTTP' }, 'Type'],
      [{ type: '__proto__' }, 'Type'],
    ];
    for (const [changes, field] of refused) {
      const deps = make();
      const failure = await testMailbox(deps, { configId: 7, mailbox: { ...TYPED, ...changes } }).catch(
        (error) => error,
      );
      expect(failure.code, JSON.stringify(changes)).to.equal('mailbox-invalid');
      expect(Object.keys(failure.fields)).to.deep.equal([field]);
      expect(deps.targets).to.deep.equal([]);
    }
  });

  it('knows only the accounts of the configuration', async () => {
    expect(await codeOf(testMailbox(make(), { configId: 7, mailbox: 6 }))).to.equal('unknown-mail-account');
    expect(await codeOf(testMailbox(make({ settings: {} }), { configId: 7, mailbox: 'smtp' }))).to.equal(
      'unknown-mail-account',
    );
  });
});
