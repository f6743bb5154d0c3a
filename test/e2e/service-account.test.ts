import type { KeyObject } from 'node:crypto';
import { mkdtempSync, readdirSync, readFileSync, rmSync, statSync, writeFileSync } from 'node:fs';
import { createServer, type Server } from 'node:http';
import os from 'node:os';
import path from 'node:path';
import { expect } from 'chai';
import type { Browser } from 'playwright-core';
import { CREDENTIALS } from '../lab/instance.js';
import { freePort, until } from '../lab/ports.js';
import { JWT_BEARER } from '../lab/provider/jwt-bearer.js';
import { axe } from '../support/axe.js';
import { removeConfigs } from '../support/granted-config.js';
import { faultsBySchema } from '../support/json-schemas.js';
import {
  browser,
  console,
  databaseRows,
  deliverMail,
  itWithTokens,
  lab,
  mailAccount,
  provider,
  type Session,
  session,
  signedIn,
  znunyOauth2,
} from '../support/lab.js';
import { nginxFront } from '../support/nginx-front.js';
import { ACCOUNT, CLIENT_ID, keyFile } from '../support/service-account.js';
import { storedToken } from '../support/stored-token.js';
import { upload } from '../support/upload.js';

const SCREEN = 'Action=AdminOAuth2TokenManagement';
const [NAME, SECOND] = ['By service account', 'By service account, second'];
const [SUPPORT, SALES] = CREDENTIALS.mailboxes;
const STATE = `${lab.dir}/state/sidecar`;
const FOLDER = path.join(STATE, 'service-accounts');
const SCOPE = 'https://mail.google.com/';
const NO_KEY = 'No usable key is stored on this machine.';

describe('a Google service account, on the genuine helpdesk', function () {
  this.timeout(240_000);
  let admin: Session;
  let chromium: Browser;
  let id: number;
  let second: number;
  /** What a file of Google names as its token address, and nobody may ask. */
  let elsewhere: Server;
  let asked = 0;
  let first: ReturnType<typeof keyFile>;
  const folder = mkdtempSync(path.join(os.tmpdir(), 'service-account-e2e-'));

  const run = (args: string[], input = '') => znunyOauth2(args, input, { SIDECAR_STATE: STATE });
  const keys = () => {
    try {
      return readdirSync(FOLDER).sort();
    } catch {
      return [];
    }
  };
  const documentOf = async (of: number) =>
    JSON.parse(
      (await databaseRows(`SELECT config FROM oauth2_token_config WHERE id = ${of}`))[0]?.[0] ?? '{}',
    ) as { ClientSecret?: unknown; Sidecar?: { Mailbox?: string; ServiceAccount?: Record<string, string> } };
  const keyOf = async (of: number) => (await documentOf(of)).Sidecar?.ServiceAccount?.Key ?? '';
  const nextSteps = async (of: number) => (await admin.get(`${SCREEN};Subaction=NextSteps;ID=${of}`)).text();

  /** The upload of the page "Next steps". @param content null: no file was chosen */
  const uploadKey = (of: number, content: Uint8Array | null, who = admin, url = lab.urls.helpdesk) =>
    upload(who, { subaction: 'ImportServiceAccountKey', name: 'KeyFile', content, id: of, url });

  /** What an admin does in the consoles of Google Cloud and Google Workspace. */
  const register = (...publicKeys: [kid: string, key: KeyObject][]) =>
    provider.registerServiceAccount({
      client_id: ACCOUNT,
      jwks: { keys: publicKeys.map(([kid, key]) => ({ ...key.export({ format: 'jwk' }), kid })) as never },
      scopes: SCOPE,
    });

  /** Saves the form of a stored configuration with another mailbox. */
  async function changeMailbox(of: number, name: string, mailbox: string) {
    const page = await (await admin.get(`${SCREEN};Subaction=EditTokenConfig;ID=${of}`)).text();
    const [, version = ''] = /name="Version" value="([^"]*)"/.exec(page) ?? [];
    return admin.post(`${SCREEN};Subaction=SaveTokenConfig`, {
      ...{ ID: String(of), Version: version, Name: name, ClientID: CLIENT_ID, Mailbox: mailbox },
      ...{ Scope: SCOPE, ValidID: '1', TokenByClientCredentialsRequestURL: `${lab.urls.provider}/token` },
    });
  }

  async function makeTicket(of: number, login: string) {
    const account = await mailAccount('IMAPS', of, login);
    const subject = `Mail of a service account ${login} ${Date.now()}`;
    deliverMail(login, subject);
    await console('Maint::PostMaster::MailAccountFetch', '--mail-account-id', String(account));
    const tickets = await databaseRows(`SELECT title FROM ticket WHERE title = '${subject}'`);
    expect(tickets).to.deep.equal([[subject]]);
    return account;
  }

  before(async () => {
    await removeConfigs([NAME, SECOND]);
    await provider.reset();
    admin = await session(CREDENTIALS.admin);
    chromium = await browser();
    const port = await freePort();
    elsewhere = createServer((_request, response) => {
      asked++;
      response.end('{}');
    }).listen(port, '127.0.0.1');
    first = keyFile({ token_uri: `http://127.0.0.1:${port}/token` });
    await register(['key-of-google-1', first.publicKey]);
  });
  after(async () => {
    elsewhere?.close();
    await chromium?.close();
    rmSync(folder, { recursive: true, force: true });
    rmSync(FOLDER, { recursive: true, force: true });
    await removeConfigs([NAME, SECOND]);
    await provider.reset();
  });

  itWithTokens('is added from its template, without a secret and without a consent', async () => {
    const answer = await admin.post(`${SCREEN};Subaction=SaveTokenConfig`, {
      TokenConfigTemplateFilename: 'google-service-account',
      ...{ Name: NAME, ClientID: CLIENT_ID, Mailbox: SUPPORT, Scope: SCOPE, ValidID: '1' },
      TokenByClientCredentialsRequestURL: `${lab.urls.provider}/token`,
    });
    expect(answer.status, await answer.text()).to.equal(303);
    id = Number((await databaseRows(`SELECT id FROM oauth2_token_config WHERE name = '${NAME}'`))[0]?.[0]);
    expect(answer.headers.get('location')).to.contain(`Subaction=NextSteps;ID=${id}`);
    const page = await nextSteps(id);
    expect(page).to.contain(NO_KEY).and.contain(`<pre id="DelegationClient">${CLIENT_ID}</pre>`);
    expect(page).to.contain(`<pre id="DelegationScopes">${SCOPE}</pre>`);
    const form = await (await admin.get(`${SCREEN};Subaction=EditTokenConfig;ID=${id}`)).text();
    expect(form).to.contain(`id="Mailbox"`).and.not.contain('id="ClientSecret"');
    expect(form).to.not.contain('id="AuthorizationCodeRequestURL"');
  });

  itWithTokens('refuses files that are no key of this account; nothing is stored', async () => {
    const before = await documentOf(id);
    const other = { project_info: { project_id: 'a' } };
    const cases: [what: string, content: Uint8Array | null, status: number, text: string][] = [
      ['no file', null, 422, 'Choose the key file (JSON) first.'],
      ['an empty file', Buffer.alloc(0), 422, 'Choose the key file (JSON) first.'],
      ['a PEM', Buffer.from('-----BEGIN PRIVATE KEY-----'), 422, 'The file is not the JSON file'],
      ['bytes', Buffer.from([0xff, 0xfe, 0, 1]), 422, 'The file is not the JSON file'],
      ['deep JSON', Buffer.from('['.repeat(30_000)), 422, 'The file is not the JSON file'],
      ['an OAuth client', Buffer.from('{"web":{"client_secret":"s"}}'), 422, 'for which a person signs in'],
      ['another product', Buffer.from(JSON.stringify(other)), 422, 'another Google product'],
      ['a broken key', keyFile({ private_key: '-----BEGIN' }).content, 422, 'cannot be read'],
      ['an odd name', keyFile({ client_email: '<b>@x' }).content, 422, 'client_email'],
      [
        'another account',
        keyFile({ client_id: '999' }).content,
        422,
        'the service account with client ID 999',
      ],
      ['65 KB', keyFile({ more: 'x'.repeat(65 * 1024) }).content, 422, 'larger than 64 KB'],
      ['3 MB', Buffer.alloc(3 * 1024 * 1024, 'x'), 413, ''],
    ];
    for (const [what, content, status, text] of cases) {
      const answer = await uploadKey(id, content);
      const page = await answer.text();
      expect(answer.status, `${what}: ${page.slice(0, 500)}`).to.equal(status);
      expect(page, what).to.contain(text).and.not.contain('BEGIN PRIVATE');
      if (status === 422) expect(page, what).to.contain('id="ServiceAccountKey"');
    }
    expect(keys()).to.deep.equal([]);
    expect(await documentOf(id)).to.deep.equal(before);
  });

  itWithTokens(
    'gets its token after the upload of the key, which goes to a file of the sidecar alone',
    async () => {
      const context = await signedIn(chromium, admin);
      try {
        const page = await context.newPage();
        await page.goto(`${lab.urls.helpdesk}?${SCREEN};Subaction=NextSteps;ID=${id}`);
        await page.setInputFiles('#KeyFile', {
          ...{ name: 'key.json', mimeType: 'application/json' },
          buffer: first.content,
        });
        for (const width of [1280, 320]) {
          await page.setViewportSize({ width, height: 900 });
          expect(await axe(page), `${width} px`).to.deep.equal([]);
        }
        await page.click('#ServiceAccount button[type=submit]');
        await page.waitForURL(/Notice=key-imported/);
        expect(await page.content()).to.not.contain('BEGIN PRIVATE');
        expect(await axe(page)).to.deep.equal([]);
      } finally {
        await context.close();
      }
      const { Sidecar } = await documentOf(id);
      const { Key = '' } = Sidecar?.ServiceAccount ?? {};
      expect(Sidecar).to.deep.equal({
        Mailbox: SUPPORT,
        ServiceAccount: { Account: ACCOUNT, KeyID: 'key-of-google-1', Key },
      });
      expect(keys()).to.deep.equal([`${Key}.pem`]);
      expect(statSync(path.join(FOLDER, `${Key}.pem`)).mode & 0o777).to.equal(0o600);
      expect(statSync(FOLDER).mode & 0o777).to.equal(0o700);
      expect(await nextSteps(id)).to.contain(`The key of ${ACCOUNT} is stored on this machine.`);
      await until('the first token', async () => (await storedToken(id)).token !== '', 60_000);
      const { requests } = await provider.state();
      expect(requests).to.deep.equal({ [JWT_BEARER]: 1 });
      expect(asked, 'the address in the file').to.equal(0);
    },
  );

  itWithTokens(
    'lets the genuine fetcher make a ticket of its mailbox; the mailbox test succeeds',
    async () => {
      const account = await makeTicket(id, SUPPORT);
      const { code, out } = await run(['mailbox', 'test', NAME, '--account', String(account)]);
      expect(code, out).to.equal(0);
    },
  );

  itWithTokens('serves a second mailbox by a copy with its own token; they share the key', async () => {
    const copied = await run(['config', 'copy', NAME, SECOND]);
    expect(copied.code, copied.err).to.equal(0);
    second = Number(
      (await databaseRows(`SELECT id FROM oauth2_token_config WHERE name = '${SECOND}'`))[0]?.[0],
    );
    const saved = await changeMailbox(second, SECOND, SALES);
    expect(saved.status, await saved.text()).to.equal(303);
    expect(saved.headers.get('location')).to.contain('Notice=saved-renewed');
    expect(await keyOf(second)).to.equal(await keyOf(id));
    expect((await storedToken(second)).token).to.not.equal((await storedToken(id)).token);
    await makeTicket(second, SALES);
    // The mailbox of the other configuration refuses this token, and the test says why.
    const typed = ['--type', 'IMAPS', '--host', `127.0.0.1:${lab.ports.imaps}`, '--login', SUPPORT];
    const { code, out } = await run(['mailbox', 'test', SECOND, ...typed, '--allow-unprotected']);
    expect(code, out).to.equal(4);
    expect(out).to.contain(`requests tokens for ${SALES}, the mailbox is ${SUPPORT}`);
  });

  itWithTokens(
    'changes its key by an upload through nginx; the old file goes when nothing names it',
    async () => {
      const old = await keyOf(id);
      const next = keyFile({ private_key_id: 'key-of-google-2' });
      await register(['key-of-google-1', first.publicKey], ['key-of-google-2', next.publicKey]);
      const front = await nginxFront();
      try {
        const own = await session(CREDENTIALS.admin, front.url);
        const big = await uploadKey(id, Buffer.alloc(3 * 1024 * 1024, 'x'), own, front.url);
        expect(big.status).to.equal(413);
        const answer = await uploadKey(id, next.content, own, front.url);
        expect(answer.status, await answer.text()).to.equal(303);
        expect(keys()).to.have.members([`${old}.pem`, `${await keyOf(id)}.pem`]);
        expect((await uploadKey(second, next.content, own, front.url)).status).to.equal(303);
      } finally {
        await front.stop();
      }
      expect(await keyOf(second))
        .to.equal(await keyOf(id))
        .and.not.equal(old);
      expect(keys()).to.deep.equal([`${await keyOf(id)}.pem`]);
      await register(['key-of-google-2', next.publicKey]);
      for (const name of [NAME, SECOND]) {
        const { code, err } = await run(['token', 'renew', name]);
        expect(code, err).to.equal(0);
      }
      writeFileSync(path.join(folder, 'key.json'), next.content, { mode: 0o600 });
    },
  );

  itWithTokens(
    'keeps a good token while its key is missing, and says where; an import restores it',
    async () => {
      const key = await keyOf(id);
      const { token } = await storedToken(id);
      rmSync(path.join(FOLDER, `${key}.pem`));
      const refused = await run(['token', 'renew', NAME]);
      expect(refused.code).to.equal(1);
      expect(refused.err).to.contain('The private key of the service account is missing on this machine');
      expect((await storedToken(id)).token).to.equal(token);
      expect(await nextSteps(id)).to.contain(NO_KEY);
      const doctor = await run(['doctor', '--only', 'secrets']);
      expect(doctor.out).to.contain('The private key of a service account is missing here');
      const listed = await run(['service-account', 'list', '--json']);
      const list = JSON.parse(listed.out);
      expect(faultsBySchema('service-account-list', list)).to.equal('');
      expect(list.map((one: Record<string, unknown>) => [one.id, one.mailbox, one.key])).to.deep.equal([
        [id, SUPPORT, 'missing'],
        [second, SALES, 'missing'],
      ]);
      expect(listed.code).to.equal(4);
      const file = path.join(folder, 'key.json');
      const imported = await run(['service-account', 'import', NAME, file, '--json']);
      expect(imported.code, imported.err).to.equal(0);
      const facts = JSON.parse(imported.out);
      expect(faultsBySchema('service-account-import', facts)).to.equal('');
      expect(facts).to.deep.equal({
        ...{ id, name: NAME, mailbox: SUPPORT, clientId: CLIENT_ID },
        ...{ account: ACCOUNT, keyId: 'key-of-google-2', scopes: SCOPE },
      });
      const table = await run(['service-account', 'list']);
      expect(table.code, table.err).to.equal(0);
      const renewed = await run(['token', 'renew', NAME]);
      expect(renewed.code, renewed.err).to.equal(0);
      const well = await run(['doctor', '--only', 'secrets']);
      expect(well.out).to.contain('Only the sidecar can renew these, with the key of a service account');
      expect(well.out).to.not.contain('missing here');
    },
  );

  itWithTokens(
    'survives an export and its import; the key does not, and goes with the last configuration',
    async () => {
      const before = await documentOf(id);
      const key = await keyOf(id);
      const exported = await (
        await admin.get(`${SCREEN};Subaction=ExportTokenConfigurations;Secrets=0;ID=${id}`)
      ).text();
      const withSecrets = await run(['config', 'export', NAME, '--with-secrets']);
      const pem = readFileSync(path.join(FOLDER, `${key}.pem`), 'utf8');
      const pieces = pem.trim().split('\n').slice(1, -1);
      for (const text of [exported, withSecrets.out]) {
        expect(text).to.contain(key).and.contain(ACCOUNT);
        for (const piece of pieces) expect(text.includes(piece)).to.equal(false);
      }
      await databaseRows(`DELETE FROM mail_account WHERE oauth2_token_config_id IN (${id}, ${second})`);
      expect(
        (await admin.post(`${SCREEN};Subaction=DeleteTokenConfig`, { ID: String(second) })).status,
      ).to.equal(303);
      expect(keys(), 'still used').to.deep.equal([`${key}.pem`]);
      const question = await (await admin.get(`${SCREEN};Subaction=DeleteTokenConfig;ID=${id}`)).text();
      expect(question).to.contain('Its private keys are deleted from this machine as well');
      const deleted = await run(['config', 'delete', NAME, '--yes']);
      expect(deleted.code, deleted.err).to.equal(0);
      expect(keys()).to.deep.equal([]);
      writeFileSync(path.join(folder, 'export.yml'), exported);
      const imported = await run(['config', 'import', path.join(folder, 'export.yml')]);
      expect(imported.code, imported.err).to.equal(0);
      expect(imported.out).to.contain('Its private keys are not in the file');
      id = Number((await databaseRows(`SELECT id FROM oauth2_token_config WHERE name = '${NAME}'`))[0]?.[0]);
      const { ClientSecret: _none, ...kept } = before;
      expect(await documentOf(id)).to.deep.equal(kept);
      const input = readFileSync(path.join(folder, 'key.json'), 'utf8');
      expect((await run(['service-account', 'import', NAME, '-'], input)).code).to.equal(0);
      const renewed = await run(['token', 'renew', NAME]);
      expect(renewed.code, renewed.err).to.equal(0);
    },
  );
});
