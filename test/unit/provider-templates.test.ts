import { mkdirSync, mkdtempSync, readdirSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import path from 'node:path';
import { expect } from 'chai';
import { requestKindsOf } from '../../plugin/domain/configuration/auth-flow.js';
import { cloudMixture } from '../../plugin/domain/configuration/microsoft-cloud.js';
import { rowsOf, validateRows } from '../../plugin/domain/configuration/request-rows.js';
import { explainScope, scopeList } from '../../plugin/domain/configuration/scopes.js';
import { isServiceAccount, JWT_BEARER } from '../../plugin/domain/configuration/service-account.js';
import { readMailServers } from '../../plugin/domain/mailbox/mail-server.js';
import { createProviderTemplates } from '../../plugin/helpdesk/provider-templates.js';
import { createLog } from '../../plugin/lib/log.js';

const FOLDER = path.resolve(import.meta.dirname, '../../templates/providers');
const log = createLog('silent');
const load = (...folders: string[]) =>
  createProviderTemplates({ folders, helpdeskFolder: path.join(FOLDER, 'none'), log });

/**
 * How each provider is made to issue a refresh token. `always`: it issues one with every consent; `nobody` and
 * `service account`: there is no consent and no refresh token.
 */
const OFFLINE: Record<string, 'offline_access' | 'google' | 'always' | 'nobody' | 'service account'> = {
  'Google Mail': 'google',
  'Google Workspace service account': 'service account',
  'Microsoft 365 (client credentials)': 'nobody',
  'Microsoft China (client credentials)': 'nobody',
  'Microsoft US Government (client credentials)': 'nobody',
  'Microsoft Common': 'offline_access',
  'Microsoft Consumers': 'offline_access',
  'Microsoft Organizations': 'offline_access',
  'Microsoft China': 'offline_access',
  'Microsoft US Government': 'offline_access',
  'Other provider': 'offline_access',
  Yahoo: 'always',
  AOL: 'always',
  Yandex: 'always',
  'Mail.ru': 'always',
  Fastmail: 'always',
  Comcast: 'always',
};

const HOSTS: Record<string, string[]> = {
  'Google Mail': ['accounts.google.com', 'oauth2.googleapis.com'],
  'Google Workspace service account': ['oauth2.googleapis.com'],
  'Microsoft 365 (client credentials)': ['login.microsoftonline.com'],
  'Microsoft China (client credentials)': ['login.partner.microsoftonline.cn'],
  'Microsoft US Government (client credentials)': ['login.microsoftonline.us'],
  'Microsoft Common': ['login.microsoftonline.com'],
  'Microsoft Consumers': ['login.microsoftonline.com'],
  'Microsoft Organizations': ['login.microsoftonline.com'],
  'Microsoft China': ['login.partner.microsoftonline.cn'],
  'Microsoft US Government': ['login.microsoftonline.us'],
  'Other provider': [],
  Yahoo: ['api.login.yahoo.com'],
  AOL: ['api.login.aol.com'],
  Yandex: ['oauth.yandex.com'],
  'Mail.ru': ['o2.mail.ru'],
  Fastmail: ['api.fastmail.com'],
  Comcast: ['oauth.xfinity.com'],
};

/** A mail server of another cloud. */
const ELSEWHERE: Record<string, string> = {
  'Microsoft US Government': 'partner.outlook.cn',
  'Microsoft US Government (client credentials)': 'partner.outlook.cn',
};

describe('the provider templates', () => {
  let templates: Awaited<ReturnType<ReturnType<typeof load>['list']>>;
  before(async () => {
    templates = await load(FOLDER).list();
  });

  it('are all read, and these tests know each of them', () => {
    const files = readdirSync(FOLDER).filter((name) => name.endsWith('.yml'));
    expect(templates.map(({ filename }) => `${filename}.yml`).sort()).to.deep.equal(files.sort());
    expect(templates.map(({ name }) => name).sort()).to.deep.equal(Object.keys(OFFLINE).sort());
  });

  for (const [name, offline] of Object.entries(OFFLINE))
    describe(name, () => {
      const isWithoutConsent = offline === 'nobody' || offline === 'service account';
      let template: (typeof templates)[number];
      let document: typeof template.document;
      before(() => {
        const found = templates.find((one) => one.name === name);
        if (!found) throw new Error(`There is no template named ${name}.`);
        template = found;
        document = template.document;
      });

      it('has the shape that the helpdesk expects', () => {
        const keys = ['ClientID', 'ClientSecret', 'Scope', 'Notifications', 'Requests'];
        expect(document).to.have.all.keys(isWithoutConsent ? [...keys, 'AuthFlow'] : keys);
        expect(document.ClientID).to.equal(null);
        expect(document.ClientSecret).to.equal(null);
        expect(document.Notifications).to.deep.equal({
          NotifyOnExpiredToken: 0,
          NotifyOnExpiredRefreshToken: 1,
        });
        expect(document.Requests).to.have.all.keys(...requestKindsOf(document));
        expect(template.own).to.equal(true);
        expect(template.discovery).to.equal(name === 'Other provider');
        // As new rows, not as stored ones, so that every row is checked.
        expect(validateRows(rowsOf(document), {})).to.deep.equal({});
      });

      if (offline === 'service account')
        it('leaves everything but the grant type to the assertion (RFC 7523 §2.1)', () => {
          expect(isServiceAccount(document)).to.equal(true);
          const token = document.Requests?.TokenByClientCredentials;
          expect(token?.Request?.Parameters).to.deep.equal({ grant_type: JWT_BEARER });
          expect(token?.Request?.AutofilledParametersMapping).to.deep.equal({});
          expect(token?.Response?.ParametersMapping).to.include({
            access_token: 'Token',
            expires_in: 'TokenExpirationDate',
          });
          expect(document.Scope).to.equal('https://mail.google.com/');
        });
      else if (offline === 'nobody')
        it('sends what the standard asks for (RFC 6749 §4.4) and reads what it answers', () => {
          const token = document.Requests?.TokenByClientCredentials;
          expect(token?.Request?.Parameters).to.deep.equal({ grant_type: 'client_credentials' });
          expect(token?.Request?.AutofilledParametersMapping).to.deep.equal({
            client_id: 'ClientID',
            client_secret: 'ClientSecret',
            scope: 'Scope',
          });
          expect(token?.Response?.ParametersMapping).to.include({
            access_token: 'Token',
            expires_in: 'TokenExpirationDate',
          });
        });
      else
        it('sends what the standard asks for (RFC 6749 §4.1) and reads what it answers', () => {
          const [code, token, refresh] = requestKindsOf(document).map((kind) => document.Requests?.[kind]);
          expect(code?.Request?.Parameters).to.include({ response_type: 'code' });
          expect(code?.Request?.AutofilledParametersMapping).to.include({
            client_id: 'ClientID',
            redirect_uri: 'RedirectURL',
            scope: 'Scope',
            state: 'State',
          });
          expect(token?.Request?.Parameters).to.include({ grant_type: 'authorization_code' });
          expect(token?.Request?.AutofilledParametersMapping).to.include({
            client_id: 'ClientID',
            client_secret: 'ClientSecret',
            code: 'AuthorizationCode',
            redirect_uri: 'RedirectURL',
          });
          expect(refresh?.Request?.Parameters).to.include({ grant_type: 'refresh_token' });
          expect(refresh?.Request?.AutofilledParametersMapping).to.include({
            client_id: 'ClientID',
            client_secret: 'ClientSecret',
            refresh_token: 'RefreshToken',
          });
          for (const answer of [token, refresh])
            expect(answer?.Response?.ParametersMapping).to.include({
              access_token: 'Token',
              expires_in: 'TokenExpirationDate',
              refresh_token: 'RefreshToken',
            });
        });

      it('sends every request over https and to the provider only', () => {
        const urls = requestKindsOf(document).map((kind) =>
          String(document.Requests?.[kind]?.Request?.URL ?? ''),
        );
        if (template.discovery) return expect(urls).to.deep.equal(['', '', '']);
        expect(urls.filter((url) => new URL(url).protocol !== 'https:')).to.deep.equal([]);
        expect([...new Set(urls.map((url) => new URL(url).hostname))]).to.deep.equal(HOSTS[name]);
      });

      if (!isWithoutConsent)
        it('makes the provider issue a refresh token', () => {
          const parameters = document.Requests?.AuthorizationCode?.Request?.Parameters;
          if (offline === 'google')
            expect(parameters).to.include({ access_type: 'offline', prompt: 'consent' });
          else
            expect(scopeList(document.Scope ?? '').includes('offline_access')).to.equal(
              offline === 'offline_access',
            );
        });

      it('keeps sign-in, scopes and mail servers in one cloud', () => {
        const { receive, send } = readMailServers(template.mail);
        const servers = [...receive, ...(send ? [send] : [])].map(({ address }) => address);
        expect(cloudMixture(document, servers)).to.equal(null);
        if (template.discovery) return;
        const elsewhere = cloudMixture(document, [ELSEWHERE[name] ?? 'outlook.office365.us']);
        expect(elsewhere?.field).to.equal(name.startsWith('Microsoft') ? '' : undefined);
      });

      it('explains every scope', () => {
        const scopes = scopeList(document.Scope ?? '');
        expect(scopes.length).to.be.greaterThan(0);
        expect(scopes.filter((scope) => !explainScope(scope))).to.deep.equal([]);
      });
    });

  for (const [name, host] of [
    ['Microsoft Common', 'outlook.office.com'],
    ['Microsoft China', 'partner.outlook.cn'],
    ['Microsoft US Government', 'outlook.office365.us'],
  ] as const)
    it(`${name} asks for IMAP, POP, SMTP and offline access, also when it refreshes`, () => {
      const document = templates.find((template) => template.name === name)?.document;
      expect(scopeList(document?.Scope ?? '')).to.deep.equal([
        `https://${host}/IMAP.AccessAsUser.All`,
        `https://${host}/POP.AccessAsUser.All`,
        `https://${host}/SMTP.Send`,
        'offline_access',
        'openid',
        'profile',
      ]);
      expect(document?.Requests?.TokenByRefreshToken?.Request?.AutofilledParametersMapping).to.include({
        scope: 'Scope',
      });
    });
});

describe("a site's own templates", () => {
  const folder = mkdtempSync(path.join(tmpdir(), 'templates-'));
  const helpdesk = path.join(folder, 'helpdesk');
  beforeEach(() => mkdirSync(helpdesk, { recursive: true }));
  afterEach(() => rmSync(folder, { recursive: true }));
  const all = () => createProviderTemplates({ folders: [folder, FOLDER], helpdeskFolder: helpdesk, log });

  it('take precedence over ours of the same name, as ours do over the helpdesk’s; broken files are skipped', async () => {
    writeFileSync(path.join(folder, 'own.yml'), '- Name: Google Mail\n  Config: { Scope: ours }\n');
    writeFileSync(path.join(folder, 'broken.yml'), '- Name: [\n');
    writeFileSync(
      path.join(helpdesk, 'GoogleMail.yml'),
      '- Name: Google Mail\n  Config: { Scope: theirs }\n',
    );
    writeFileSync(path.join(helpdesk, 'More.yml'), '- Name: Of the helpdesk\n  Config: { Scope: theirs }\n');
    const list = await all().list();
    expect(list.find(({ name }) => name === 'Google Mail')).to.deep.include({ filename: 'own', own: true });
    expect(list.find(({ name }) => name === 'Of the helpdesk')).to.deep.include({
      filename: 'More',
      own: false,
    });
    expect(list).to.have.length((await load(FOLDER).list()).length + 1);
  });

  it('of Znuny 7.2 are told apart, although one name stands for two ways to get a token', async () => {
    writeFileSync(
      path.join(helpdesk, 'ExchangeA.yml'),
      '- Name: Exchange\n  Config: { AuthFlow: AuthorizationCode }\n',
    );
    writeFileSync(
      path.join(helpdesk, 'ExchangeB.yml'),
      '- Name: Exchange\n  Config: { AuthFlow: ClientCredentials }\n',
    );
    const named = (await all().list()).filter(({ name }) => name.startsWith('Exchange'));
    expect(named.map(({ name, filename }) => [name, filename])).to.deep.equal([
      ['Exchange', 'ExchangeA'],
      ['Exchange (client credentials)', 'ExchangeB'],
    ]);
  });

  it('may look up their endpoints from an issuer of their own', async () => {
    writeFileSync(
      path.join(folder, 'company.yml'),
      '- Name: Company\n  Discovery: 1\n  Config:\n    Scope: mail\n    Sidecar: { Issuer: https://login.example.org }\n',
    );
    expect(await all().get('company')).to.deep.include({
      name: 'Company',
      discovery: true,
      document: { Scope: 'mail', Sidecar: { Issuer: 'https://login.example.org' } },
    });
  });
});
