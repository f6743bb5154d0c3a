import { existsSync, readFileSync } from 'node:fs';
import { expect } from 'chai';
import type { Browser, Page } from 'playwright-core';
import { openDatabase } from '../../db/database.js';
import { dropTokenTables } from '../../db/token-tables.js';
import { untouchedFile } from '../lab/golden.js';
import { CREDENTIALS } from '../lab/instance.js';
import { runCli, startSidecar } from '../lab/node-servers.js';
import { until } from '../lab/ports.js';
import { logFile, stopServer } from '../lab/servers.js';
import { grantSidecarUser, prepareSidecarUser } from '../lab/sidecar-user.js';
import { differences, type Snapshot, takeSnapshot } from '../lab/snapshot.js';
import { znunyOauth2 } from '../support/command-line.js';
import { browser, console, databaseRows, lab, provider, saveNewConfig, signIn } from '../support/lab.js';

const OVERVIEW = `${lab.urls.helpdesk}?Action=AdminOAuth2TokenManagement`;
const NAME = 'Support mailbox';
const OLD = { builtIn: false };

/** The values of all rows of settings together. */
const settings = async (): Promise<string[][]> =>
  databaseRows(
    'SELECT name, is_valid, xml_filename, MD5(effective_value), MD5(xml_content_raw) FROM sysconfig_default ORDER BY name',
  );
const untouched = JSON.parse(readFileSync(untouchedFile(lab), 'utf8')) as Snapshot;
const onDatabase = async <T>(work: (db: ReturnType<typeof openDatabase>) => Promise<T>): Promise<T> => {
  const db = openDatabase({ ...lab.database, socket: null });
  try {
    return await work(db);
  } finally {
    await db.close();
  }
};

async function storedToken() {
  const [row] = await databaseRows(
    `SELECT t.token, t.refresh_token, IFNULL(t.error_message, '') FROM oauth2_token t
     JOIN oauth2_token_config c ON c.id = t.token_config_id WHERE c.name = '${NAME}'`,
  );
  return { token: row?.[0] ?? '', refreshToken: row?.[1] ?? '', error: row?.[2] ?? '' };
}
const expiresIn = (seconds: number) =>
  databaseRows(`UPDATE oauth2_token SET change_time = UTC_TIMESTAMP() - INTERVAL 1 HOUR,
    token_expiration_date = UTC_TIMESTAMP() + INTERVAL ${seconds} SECOND`);

/** Removes everything of ours from this helpdesk, by the steps of docs/install.md. */
async function remove(): Promise<void> {
  await stopServer(lab, 'sidecar');
  await console('Admin::Package::Uninstall', 'OAuth2Sidecar');
  await onDatabase(async (db) => {
    await dropTokenTables(db, OLD);
    const own = await databaseRows("SHOW TABLES LIKE 'oauth2\\_sidecar\\_%'");
    for (const [table = ''] of own) await db.knex.schema.dropTable(table);
  });
}

async function installPackage(): Promise<void> {
  const opm = `${lab.dir}/OAuth2Sidecar.opm`;
  expect(existsSync(opm)).to.equal(true);
  await console('Admin::Package::Install', opm);
  // The first page reads all settings anew, which takes longer on a busy machine than a browser waits.
  await fetch(lab.urls.helpdesk);
}

describe('a helpdesk without OAuth2: Znuny 6.0.32', () => {
  let chromium: Browser;
  let page: Page;
  let shipped: string[][];
  const rowOf = () => page.locator('#OAuth2TokenConfigs tbody tr', { hasText: NAME });

  before(async () => {
    await provider.reset();
    chromium = await browser();
    page = await chromium.newPage({ viewport: { width: 1280, height: 900 } });
  });
  after(async () => {
    await chromium.close();
    await provider.reset();
  });

  it('is as it was shipped before our installation: no table, no column, no tile, no right', async () => {
    await remove();
    shipped = await settings();
    expect(shipped.flat().filter((text) => /OAuth2/i.test(text))).to.deep.equal([]);
    expect(differences(untouched, await takeSnapshot(lab))).to.deep.equal([]);
  });

  it('is not changed by a sidecar that starts beside it, which says what to run', async () => {
    await grantSidecarUser(lab);
    await startSidecar(lab, { early: true });
    const ask = () => fetch(`${lab.urls.sidecar}/otrs/index.pl`);
    await until('its first look at the database', async () => (await ask()).status === 500);
    expect(await (await ask()).text()).to.contain('data-code="token-tables-missing"');
    expect(readFileSync(logFile(lab, 'sidecar'), 'utf8')).to.contain('znuny-oauth2 migrate');
    expect(differences(untouched, await takeSnapshot(lab))).to.deep.equal([]);
  });

  it('gets from "migrate" what its later update expects; the waiting sidecar continues by itself', async () => {
    const printed = await runCli(lab, 'migrate');
    expect(printed.split('\n').filter((line) => line.startsWith('added:'))).to.deep.equal([
      'added: oauth2_token_config',
      'added: oauth2_token',
      'added: mail_account.authentication_type',
      'added: mail_account.oauth2_token_config_id',
    ]);
    expect(await runCli(lab, 'migrate')).to.equal('Nothing to do.\n');
    await grantSidecarUser(lab);
    await until('ready', async () => (await fetch(`${lab.urls.sidecar}/readyz`)).ok);
    const { tables } = await takeSnapshot(lab);
    const changed = Object.keys(tables).filter(
      (name) => tables[name] !== untouched.tables[name] && !name.startsWith('oauth2_sidecar_'),
    );
    expect(changed).to.deep.equal(['mail_account', 'oauth2_token', 'oauth2_token_config']);
  });

  it('gets a tile in its admin area from the package, which leads to our overview in the frame of 6.0', async () => {
    await installPackage();
    await page.goto(`${lab.urls.helpdesk}?Action=Admin`);
    await signIn(page, CREDENTIALS.admin);
    const tile = page.locator('li[data-module=AdminOAuth2TokenManagement] a');
    await until('the tile', async () => {
      await page.goto(`${lab.urls.helpdesk}?Action=Admin`);
      return (await tile.count()) === 1;
    });
    await tile.click();
    await page.waitForURL(/Action=AdminOAuth2TokenManagement/);
    expect(await page.title()).to.equal('OAuth2 token configurations - Znuny LTS');
    expect(await page.locator('#NavigationContainer').count()).to.equal(1);
    expect(await page.locator('#Footer').count()).to.equal(1);
    expect(await page.locator('#NavigationContainer li.Selected').innerText()).to.equal('Admin');
  });

  it('is told in overview and form that its mail accounts cannot use a token', async () => {
    const notice = page.locator('.MessageBox.Warning', { hasText: 'support only passwords' });
    expect(await notice.innerText()).to.match(/fetching mail with them needs Znuny 6\.3 or newer/);
    await page.goto(
      `${OVERVIEW};Subaction=AddTokenConfigByTemplateFile;TokenConfigTemplateFilename=microsoft-common`,
    );
    expect(await notice.count()).to.equal(1);
  });

  it('is told the same by the doctor', async () => {
    const { out } = await znunyOauth2(['doctor', '--json']);
    expect(out).to.contain('support only passwords').and.contain('needs Znuny 6.3 or newer');
  });

  it('gets a configuration, a consent and a stored token', async () => {
    await saveNewConfig(page, lab.urls.provider, NAME);
    await rowOf().locator('button', { hasText: 'Request new token' }).click();
    await page.waitForURL(/\/interaction\//);
    await page.click('button[value=allow]');
    await page.waitForURL(/Notice=received/);
    const stored = await storedToken();
    expect(stored.token).to.have.length.greaterThan(20);
    expect(stored.refreshToken).to.have.length.greaterThan(20);
  });

  it('has its token renewed by the renewal service, and keeps fetching its own mail accounts as before', async () => {
    const before = await storedToken();
    await expiresIn(120);
    await until('a renewal', async () => (await storedToken()).token !== before.token, 50_000);
    const after = await storedToken();
    expect(after.refreshToken).to.not.equal(before.refreshToken);
    expect(after.error).to.equal('');
    await page.goto(`${lab.urls.helpdesk}?Action=AdminMailAccount;Subaction=AddNew`);
    await page.fill('#LoginAdd', 'old@example.test');
    await page.fill('#PasswordAdd', 'password');
    await page.fill('#HostAdd', '127.0.0.1');
    await page.click('#Submit');
    await page.waitForLoadState();
    expect(
      await databaseRows('SELECT login, authentication_type, oauth2_token_config_id FROM mail_account'),
    ).to.deep.equal([['old@example.test', 'password', 'NULL']]);
    await databaseRows('DELETE FROM mail_account');
  });

  it('shows the notification bar on every page of an admin after a revocation, with a link to the remedy', async () => {
    await provider.revokeEverything();
    await expiresIn(60);
    await until('the refusal', async () => (await storedToken()).error === 'invalid_grant', 50_000);
    const bar = page.locator('[data-oauth2-sidecar-bar] .MessageBox');
    await until('a page with the bar', async () => {
      await page.goto(`${lab.urls.helpdesk}?Action=AgentDashboard`);
      return bar.waitFor({ timeout: 10_000 }).then(
        () => true,
        () => false,
      );
    });
    expect(await bar.innerText()).to.contain(NAME);
    await bar.locator('a').first().click();
    await page.waitForURL(/Action=AdminOAuth2TokenManagement/);
  });

  it('has its tables, rows, settings and files back after removal', async () => {
    await remove();
    expect(differences(untouched, await takeSnapshot(lab))).to.deep.equal([]);
    expect(await settings()).to.deep.equal(shipped);
  });

  it('has the screens again after a second installation', async () => {
    await installPackage();
    await prepareSidecarUser(lab);
    await startSidecar(lab);
    await until('the overview', async () => {
      await page.goto(OVERVIEW);
      return (await page.locator('#OAuth2Overview').count()) === 1;
    });
    expect(await rowOf().count(), 'the tables were removed with everything in them').to.equal(0);
  });
});
