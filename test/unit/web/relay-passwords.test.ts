import path from 'node:path';
import { expect } from 'chai';
import type { TokenConfigDocument } from '../../../plugin/domain/configuration/token-config.js';
import type { Identity } from '../../../plugin/domain/consent/identity.js';
import type { RelayPlace } from '../../../plugin/domain/relay/relay-listener.js';
import type { RelayPassword } from '../../../plugin/domain/relay/relay-password.js';
import type { TokenEvent } from '../../../plugin/domain/token/event-store.js';
import { createParameters } from '../../../plugin/web/parameters.js';
import { readerOf } from '../../../plugin/web/reader.js';
import { createRender } from '../../../plugin/web/render.js';
import type { Page } from '../../../plugin/web/respond.js';
import {
  createRelayPassword,
  revokeOne,
  showRelayPasswords,
} from '../../../plugin/web/routes/relay-passwords.js';
import type { ScreenCall } from '../../../plugin/web/screen-call.js';
import { SCREENS } from '../../../plugin/web/screens.js';
import { fixedClock } from '../../support/fixed-clock.js';
import { MemoryRelayPasswords } from '../../support/memory-relay-passwords.js';
import { configOf, documentOf, noUsage, settingsReader, usagesOf } from '../../support/samples.js';
import { serviceAccount } from '../../support/service-account.js';
import { codeOf } from '../usecases/setup.js';

const pages = createRender(path.resolve(import.meta.dirname, '../../../templates'));
const { render } = pages;
const LANGUAGE = { language: 'en', timeZone: 'UTC' };
const PLACES: RelayPlace[] = [
  { scheme: 'imap', at: { host: '127.0.0.1', port: 1143 } },
  { scheme: 'pop3s', at: { host: '0.0.0.0', port: 1995 } },
  { scheme: 'smtp', at: { host: '::1', port: 1587 } },
  { scheme: 'imap', at: { path: '/run/relay.sock' } },
];
const OWNER: Identity = { subject: 's', login: 'jane@example.com', email: null, issuer: 'https://idp' };
/** The key `Mail` of a template. */
const MICROSOFT: unknown = {
  IMAPS: 'outlook.office365.com',
  POP3S: 'outlook.office365.com',
  SMTPTLS: 'smtp.office365.com',
};

function setup({
  places = PLACES,
  document = documentOf() as TokenConfigDocument,
  mail = MICROSOFT,
  usesTokens = true,
} = {}) {
  const relayPasswords = new MemoryRelayPasswords();
  const events: [number, TokenEvent][] = [];
  const lines: unknown[] = [];
  const config = configOf({ document });
  const note = (facts: unknown) => void lines.push(facts);
  const deps = {
    tokenConfigs: { byId: async (id: number) => (id === config.id ? config : null) },
    usages: usagesOf({
      ...noUsage,
      mailAccounts: [
        { id: 5, login: 'support@example.com', host: 'outlook.office365.com', type: 'IMAPS', folder: '' },
      ],
    }),
    settings: settingsReader(),
    identities: { of: async () => new Map([[config.id, { identity: OWNER }]]) },
    templates: { list: async () => [{ name: document.TemplateName, document, mail }] },
    relayPasswords,
    abilities: async () => ({ mailAccounts: usesTokens, smtp: usesTokens }),
    relayPlaces: () => places,
    events: { add: async (id: number, event: TokenEvent) => void events.push([id, event]) },
    clock: fixedClock(),
    log: { info: note, warn: note, error: note },
  };
  const ask = async (handler: (call: ScreenCall) => Promise<void>, values: Record<string, string> = {}) => {
    const shown: Page[] = [];
    const urls: string[] = [];
    const reader = readerOf(LANGUAGE, pages);
    await handler({
      agent: { userId: 3 },
      reader,
      parameters: createParameters(Object.entries({ ID: '7', ...values })),
      deps,
      showPage: async (page: Page) => void shown.push(page),
      redirect: (url: string) => void urls.push(url),
    } as unknown as ScreenCall);
    const [page] = shown;
    const html = page
      ? render(`pages/${page.template}`, { ...page.data, challengeToken: 'ct' }, LANGUAGE)
      : '';
    return { page, data: page?.data as Record<string, never>, html, url: urls[0] };
  };
  return { ask, relayPasswords, events, lines, deps };
}

const ENTERED = { Login: ' support@example.com ', Client: 'Helpdesk' };
const stored = (changes: Partial<RelayPassword> = {}): RelayPassword => ({
  ...{ id: 4, configId: 7, login: 'a@example.com', client: '<Scanner>', servers: {} },
  ...{ createdAt: new Date('2026-07-01T12:00:00Z'), createdBy: 3, lastUsedAt: null, isOrphan: false },
  ...changes,
});

describe('the page "Relay passwords"', () => {
  it('lists the passwords of its configuration with their last use, and never a secret', async () => {
    const { ask, relayPasswords } = setup();
    relayPasswords.rows.push(
      { ...stored(), hash: 'scrypt$hash' },
      { ...stored({ id: 5, lastUsedAt: new Date('2026-07-02T08:05:00Z') }), hash: 'scrypt$hash' },
      { ...stored({ id: 6, configId: 8 }), hash: 'scrypt$hash' },
    );
    const { data, html } = await ask(showRelayPasswords);
    expect(data.passwords).to.deep.equal([
      {
        id: 4,
        login: 'a@example.com',
        client: '<Scanner>',
        created: 'Jul 1, 2026, 12:00',
        lastUsed: 'never',
      },
      {
        ...{ id: 5, login: 'a@example.com', client: '<Scanner>', created: 'Jul 1, 2026, 12:00' },
        lastUsed: 'Jul 2, 2026, 08:05',
      },
    ]);
    expect(html).to.contain('&lt;Scanner&gt;').and.not.contain('<Scanner>').and.not.contain('scrypt');
    expect(html.match(/name="RelayPassword" value="\d+"/g)).to.deep.equal([
      'name="RelayPassword" value="4"',
      'name="RelayPassword" value="5"',
    ]);
    expect(html.match(/Subaction&#x3D;RevokeRelayPassword" method="post"/g)).to.have.length(2);
    expect(html.match(/name="ChallengeToken" value="ct"/g)).to.have.length(3);
  });

  it('offers the mailboxes that use the token and its owner, and names the mail servers', async () => {
    const { data } = await setup().ask(showRelayPasswords);
    expect(data.logins).to.deep.equal(['support@example.com', 'jane@example.com']);
    expect(data.typed).to.deep.equal({ login: 'support@example.com', client: '', servers: '' });
    expect(data.servers).to.equal(
      'outlook.office365.com (IMAPS), outlook.office365.com (POP3S), smtp.office365.com (SMTPTLS)',
    );
  });

  it('offers the mailbox for which a service account gets tokens', async () => {
    const document = serviceAccount({ Mailbox: 'team@example.com' });
    const { data } = await setup({ document }).ask(showRelayPasswords);
    expect(data.logins).to.include('team@example.com');
  });

  it('shows a new password once, with everything that a program and the helpdesk are told', async () => {
    const { ask, relayPasswords, events, lines } = setup();
    const { page, data, html } = await ask(createRelayPassword, ENTERED);
    expect(page?.status).to.equal(200);
    expect(page?.messages).to.deep.equal([
      {
        kind: 'Success',
        text: 'The relay password was created. Copy it now: it will not be shown again.',
      },
    ]);
    const made = data.made as unknown as { password: string };
    expect(made.password).to.match(/^[\w-]{24}$/);
    expect(made).to.deep.equal({
      isFilled: true,
      login: 'support@example.com',
      client: 'Helpdesk',
      password: made.password,
      entries: [
        { type: 'IMAP', host: '127.0.0.1', port: '1143' },
        { type: 'POP3S', host: '127.0.0.1', port: '1995' },
        { type: 'SMTP', host: '::1', port: '1587' },
        { type: 'IMAP', host: '/run/relay.sock', port: '' },
      ],
      receive: [
        {
          type: 'IMAP',
          address: '127.0.0.1:1143',
          url: 'index.pl?Action=AdminMailAccount;Subaction=AddNew;AuthenticationType=password;AuthenticationMethod=password;Login=support%40example.com;TypeAdd=IMAP;Host=127.0.0.1%3A1143;IMAPFolder=INBOX',
          primary: true,
        },
        {
          type: 'POP3S',
          address: '127.0.0.1:1995',
          url: 'index.pl?Action=AdminMailAccount;Subaction=AddNew;AuthenticationType=password;AuthenticationMethod=password;Login=support%40example.com;TypeAdd=POP3S;Host=127.0.0.1%3A1995',
          primary: false,
        },
      ],
      settings: [
        { name: 'SendmailModule', value: 'Kernel::System::Email::SMTP' },
        { name: 'SendmailModule::Host', value: '::1' },
        { name: 'SendmailModule::Port', value: '1587' },
        { name: 'SendmailModule::AuthenticationType', value: 'password' },
        { name: 'SendmailModule::AuthUser', value: 'support@example.com' },
      ],
      passwordSetting: 'SendmailModule::AuthPassword',
    });
    expect(html).to.contain('Setting=SendmailModule::AuthPassword').and.contain('the password above');
    expect(html).to.contain(`<pre id="RelayPassword">${made.password}</pre>`);
    // Nowhere else: no link, no log, no history, no database.
    expect(html.match(/href="[^"]*"/g)?.join(' ')).to.not.contain(made.password);
    expect(JSON.stringify([lines, events, relayPasswords.rows])).to.not.contain(made.password);
    expect((await ask(showRelayPasswords)).html).to.not.contain(made.password);
    expect(
      events.map(([id, { what, actor, outcome, code }]) => [id, what, actor, outcome, code]),
    ).to.deep.equal([[7, 'relay-password-created', 3, 'ok', 'support@example.com (Helpdesk)']]);
  });

  it('names no setting that an older helpdesk does not have', async () => {
    const { data, html } = await setup({ usesTokens: false }).ask(createRelayPassword, ENTERED);
    const made = data.made as unknown as { settings: { name: string }[] };
    expect(made.settings.map(({ name }) => name)).to.deep.equal([
      'SendmailModule',
      'SendmailModule::Host',
      'SendmailModule::Port',
      'SendmailModule::AuthUser',
    ]);
    expect(html).to.contain('Setting=SendmailModule::AuthPassword');
  });

  it('says at each field what is wrong, keeps what was entered, and creates nothing', async () => {
    const { ask, relayPasswords, events } = setup({ mail: null });
    const { page, data, html } = await ask(createRelayPassword, {
      Login: 'a@example.com',
      Client: '',
      Server: 'IMAP imap.example.com',
    });
    expect(page?.status).to.equal(422);
    expect(data.errors).to.deep.equal({
      Client: 'Enter the name of the program that will use the password.',
      Server:
        'Enter a type with TLS (IMAPS, IMAPTLS, POP3S, POP3TLS, SMTPS, SMTPTLS) and a host, such as "IMAPS imap.example.com".',
    });
    expect(html).to.contain('value="IMAP imap.example.com"').and.contain('value="a@example.com"');
    expect([relayPasswords.rows, events]).to.deep.equal([[], []]);
  });

  it('takes the mail servers from the form where the provider has no template, and offers only those', async () => {
    const { ask, relayPasswords } = setup({ mail: null });
    const { data } = await ask(createRelayPassword, {
      ...ENTERED,
      Server: 'POP3TLS pop.example.com , SMTPTLS smtp.example.com:587,',
    });
    expect(relayPasswords.rows.map(({ servers }) => servers)).to.deep.equal([
      {
        pop3: { type: 'POP3TLS', address: 'pop.example.com' },
        smtp: { type: 'SMTPTLS', address: 'smtp.example.com:587' },
      },
    ]);
    const made = data.made as unknown as { entries: { type: string }[] };
    expect(made.entries.map(({ type }) => type)).to.deep.equal(['POP3S', 'SMTP']);
  });

  it('takes no other servers where those of the provider are known, and only the ports of mail servers', async () => {
    const known = setup();
    await known.ask(createRelayPassword, { ...ENTERED, Server: 'IMAPS intranet.example.com' });
    expect(known.relayPasswords.rows.map(({ servers }) => servers.imap)).to.deep.equal([
      { type: 'IMAPS', address: 'outlook.office365.com' },
    ]);
    for (const server of ['IMAPTLS intranet.example.com:22', 'SMTPTLS 10.0.0.5:8443', 'POP3S [::1]:6379']) {
      const { ask, relayPasswords } = setup({ mail: null });
      const { page, data } = await ask(createRelayPassword, { ...ENTERED, Server: server });
      expect(page?.status, server).to.equal(422);
      expect(data.errors).to.deep.equal({
        Server: 'Only the ports of mail servers are allowed here: 25, 110, 143, 465, 587, 993, 995.',
      });
      expect(relayPasswords.rows).to.deep.equal([]);
    }
  });

  it('stores no password if the history cannot be written', async () => {
    const { ask, relayPasswords, deps } = setup();
    deps.events.add = () => Promise.reject(new Error('no database'));
    const said = await ask(createRelayPassword, ENTERED).catch((error: Error) => error.message);
    expect([said, relayPasswords.rows]).to.deep.equal(['no database', []]);
  });

  it('says that the relay is switched off, and then has no form', async () => {
    const { page, html } = await setup({ places: [] }).ask(showRelayPasswords);
    expect(page?.messages?.map(({ kind }) => kind)).to.deep.equal(['Warning']);
    expect(page?.messages?.[0]?.text).to.match(/^The relay is switched off\./);
    expect(html).to.not.contain('RelayPasswordForm');
  });

  it('revokes a password of its configuration and no other, and the history says who did it', async () => {
    const { ask, relayPasswords, events } = setup();
    relayPasswords.rows.push({ ...stored(), hash: 'h' }, { ...stored({ id: 6, configId: 8 }), hash: 'h' });
    expect((await ask(revokeOne, { RelayPassword: '4' })).url).to.equal(
      'index.pl?Action=AdminOAuth2TokenManagement;Subaction=RelayPasswords;ID=7;Notice=relay-password-revoked',
    );
    for (const id of ['4', '6'])
      expect(await codeOf(ask(revokeOne, { RelayPassword: id })), id).to.equal('unknown-relay-password');
    expect(relayPasswords.rows.map(({ id }) => id)).to.deep.equal([6]);
    expect(events.map(([id, { what, actor, code }]) => [id, what, actor, code])).to.deep.equal([
      [7, 'relay-password-revoked', 3, 'a@example.com (<Scanner>)'],
    ]);
  });

  it('needs the right to change, and revokes by POST only', () => {
    expect(SCREENS.RelayPasswords).to.include({ permission: 'rw' });
    expect(SCREENS.RevokeRelayPassword).to.deep.equal({ permission: 'rw', post: revokeOne });
  });
});
