import { chmodSync, mkdirSync, mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import os from 'node:os';
import path from 'node:path';
import { expect } from 'chai';
import { type PrivateHome, privateHome } from '../db/helpdesk-perl.js';
import { startDatabase, stopDatabase } from '../lab/database-server.js';
import { exec } from '../lab/exec.js';
import { CREDENTIALS, ROOT } from '../lab/instance.js';
import { startSidecar } from '../lab/node-servers.js';
import { freePort, until } from '../lab/ports.js';
import { znunyOauth2Words } from '../lab/program.js';
import { stopServer } from '../lab/servers.js';
import { WEB_SERVER } from '../lab/sidecar-channel.js';
import { addConfig } from '../support/granted-config.js';
import {
  databaseRows,
  extraSidecar,
  itWithTokens,
  lab,
  perl,
  provider,
  type Session,
  session,
} from '../support/lab.js';

const SCREEN = 'Action=AdminOAuth2TokenManagement';
const codeOf = (page: string) => /data-code="([^"]*)"/.exec(page)?.[1];

describe('failures around the sidecar', () => {
  let admin: Session;
  before(async () => {
    admin = await session(CREDENTIALS.admin);
    await provider.reset();
  });
  after(() => provider.reset());

  it('database down at start and while running: 503 with a page, then everything recovers', async () => {
    await stopDatabase(lab);
    let isDown = true;
    const early = await extraSidecar({ early: true });
    try {
      const running = await admin.get(SCREEN);
      const page = await running.text();
      expect([running.status, codeOf(page)]).to.deep.equal([503, 'database-unavailable']);
      expect(page).to.contain('The helpdesk&#x27;s database does not respond.');
      const waiting = await fetch(`http://127.0.0.1:${early.port}/otrs/index.pl?${SCREEN}`);
      expect([waiting.status, codeOf(await waiting.text())]).to.deep.equal([503, 'database-unavailable']);
      await startDatabase(lab);
      isDown = false;
      await until('both work again', async () => {
        const health = await fetch(`http://127.0.0.1:${early.port}/healthz`);
        return health.status === 200 && (await admin.get(SCREEN)).status === 200;
      });
    } finally {
      if (isDown) await startDatabase(lab);
      await early.stop();
    }
  });

  it('no page from the helpdesk: a page of our own in the same style', async () => {
    // No web server listens for this sidecar on the port after its own.
    const own = await extraSidecar({ channel: 'tcp' });
    try {
      const answer = await fetch(`http://127.0.0.1:${own.port}/otrs/index.pl?${SCREEN}`, {
        headers: { Cookie: `OTRSAgentInterface=${admin.id}`, ...WEB_SERVER },
      });
      const page = await answer.text();
      expect(answer.status).to.equal(200);
      expect(page).to.contain('OAuth2Overview').and.contain('Back to the helpdesk');
      expect(page).to.not.contain('id="NavigationContainer"');
    } finally {
      await own.stop();
    }
  });

  it('sidecar down: the helpdesk works, and its screens say what to start', async () => {
    await stopServer(lab, 'sidecar');
    try {
      const ours = await admin.get(SCREEN);
      expect(ours.status).to.equal(503);
      expect(await ours.text()).to.contain('The OAuth2 sidecar does not respond.');
      expect(await (await admin.get('Action=Admin')).text()).to.contain('id="NavigationContainer"');
    } finally {
      await startSidecar(lab);
    }
  });

  it('broken template file: named in the log, left out of the list, and reported when it is chosen', async () => {
    const file = path.join(lab.templates, 'broken.yml');
    writeFileSync(file, '- Name: [\n');
    try {
      const choices = await (await admin.get(`${SCREEN};Subaction=ConnectMailbox`)).text();
      const template = 'TokenConfigTemplateFilename&#x3D;';
      expect(choices).to.contain(`${template}microsoft-common`).and.not.contain(`${template}broken`);
      const answer = await admin.get(
        `${SCREEN};Subaction=AddTokenConfigByTemplateFile;TokenConfigTemplateFilename=broken`,
      );
      expect([answer.status, codeOf(await answer.text())]).to.deep.equal([500, 'template-broken']);
      expect(readFileSync(`${lab.dir}/log/sidecar.log`, 'utf8')).to.match(
        /broken\.yml: not valid YAML in line \d/,
      );
    } finally {
      rmSync(file);
    }
  });

  describe('an unusable Config.pm ends the start with a remedy', () => {
    let home: string;
    const file = () => path.join(home, 'Kernel/Config.pm');
    beforeEach(() => {
      home = mkdtempSync(path.join(os.tmpdir(), 'unusable-helpdesk-'));
      mkdirSync(path.join(home, 'Kernel'));
    });
    afterEach(() => rmSync(home, { recursive: true, force: true }));

    /** @returns what the program prints when it ends */
    async function said(
      prefix: string[] = [],
      first = "The helpdesk's configuration file could not be read.",
    ): Promise<string> {
      const program = [process.execPath, ...znunyOauth2Words('serve')];
      const [command = '', ...args] = [...prefix, ...program];
      const env = { HELPDESK_HOME: home, SIDECAR_PORT: String(await freePort()) };
      const fault = await exec(command, args, { cwd: ROOT, env }).then(
        () => '',
        (error: Error) => error.message,
      );
      expect(fault).to.contain(`znuny-oauth2: ${first}`);
      expect(fault).to.not.contain('    at ').and.not.contain('the-password');
      return fault;
    }

    it('where it is missing', async () => {
      expect(await said()).to.contain(`There is no Kernel/Config.pm under ${home}`);
    });

    describe('of a genuine helpdesk', () => {
      let genuine: PrivateHome;
      beforeEach(() => {
        rmSync(home, { recursive: true });
        genuine = privateHome({ ...lab.database, password: 'the-password' });
        home = genuine.home;
      });

      it('where it cannot be read', async () => {
        chmodSync(file(), 0);
        expect(await said()).to.contain(`No permission to read ${file()}.`);
      });

      it('where the helpdesk is on another database', async () => {
        genuine.writeConfigPm("    $Self->{DatabaseDSN} = 'DBI:Oracle:sid=otrs;host=127.0.0.1';");
        expect(await said([], 'The sidecar does not support this helpdesk.')).to.match(
          /DBI:Oracle, but the sidecar supports MySQL, MariaDB and PostgreSQL only/,
        );
      });

      it('where it names no database', async () => {
        genuine.writeConfigPm("    $Self->{DatabaseDSN} = '';");
        expect(await said()).to.contain('DatabaseDSN');
      });
    });
  });

  it("hanging provider: the request ends with the helpdesk's time-out", async () => {
    const id = await addConfig(admin, 'Hanging provider');
    await databaseRows(`INSERT INTO oauth2_token (token_config_id, token, refresh_token, token_expiration_date, create_time, create_by, change_time, change_by)
      VALUES (${id}, 'still-good', 'r', UTC_TIMESTAMP() + INTERVAL 2 HOUR, UTC_TIMESTAMP(), 1, UTC_TIMESTAMP(), 1)`);
    const timeout = (seconds: number) =>
      perl(`$Kernel::OM->Get('Kernel::System::SysConfig')->SettingsSet( UserID => 1, Settings => [
        { Name => 'WebUserAgent::Timeout', EffectiveValue => '${seconds}', IsValid => 1 } ] );`);
    await timeout(1);
    await provider.set({ mode: 'hang' });
    const answer = await admin.post(`${SCREEN};Subaction=RefreshToken`, { ID: String(id) });
    const page = await answer.text();
    await timeout(15);
    expect([answer.status, codeOf(page)]).to.deep.equal([504, 'provider-timeout']);
    expect(
      await databaseRows(`SELECT token, refresh_token FROM oauth2_token WHERE token_config_id = ${id}`),
    ).to.deep.equal([['still-good', 'r']]);
  });
});

describe('changes to what others use', () => {
  let admin: Session;
  before(async () => {
    admin = await session(CREDENTIALS.admin);
    await provider.reset();
  });

  /** The form as a browser would send it back. */
  async function formOf(id: number): Promise<Record<string, string>> {
    const page = await (await admin.get(`${SCREEN};Subaction=EditTokenConfig;ID=${id}`)).text();
    const fields: Record<string, string> = { ValidID: '1', PKCE: '1' };
    for (const [, name = '', value = ''] of page.matchAll(/<input [^>]*?name="(\w+)" value="([^"]*)"/g)) {
      if (!['ChallengeToken', 'PKCE', 'Search', 'ID'].includes(name) && !name.startsWith('NotifyOn'))
        fields[name] = value;
    }
    return { ...fields, ID: String(id) };
  }
  const save = async (fields: Record<string, string>) => {
    const answer = await admin.post(`${SCREEN};Subaction=SaveTokenConfig`, fields);
    return { status: answer.status, page: await answer.text() };
  };

  it('keep unknown keys, the template name and the secret', async () => {
    const id = await addConfig(admin, 'Edit me');
    await databaseRows(
      `UPDATE oauth2_token_config SET config = JSON_SET(config, '$.OfSomebodyElse', JSON_OBJECT('Deep', JSON_ARRAY(1, '2'))) WHERE id = ${id}`,
    );
    const fields = await formOf(id);
    expect(fields.Name).to.equal('Edit me');
    expect((await save({ ...fields, Scope: 'changed', TemplateName: 'Forged' })).status).to.equal(303);
    const [row] =
      await databaseRows(`SELECT JSON_VALUE(config, '$.Scope'), JSON_VALUE(config, '$.TemplateName'),
      JSON_VALUE(config, '$.ClientSecret'), JSON_EXTRACT(config, '$.OfSomebodyElse') FROM oauth2_token_config WHERE id = ${id}`);
    expect(row?.slice(0, 3)).to.deep.equal(['changed', 'Google Mail', CREDENTIALS.client.secret]);
    expect(JSON.parse(row?.[3] ?? '')).to.deep.equal({ Deep: [1, '2'] });
  });

  itWithTokens('overwrite nothing that somebody else has saved meanwhile', async () => {
    const id = await addConfig(admin, 'Two editors');
    const fields = await formOf(id);
    await perl(`my $O = $Kernel::OM->Get('Kernel::System::OAuth2TokenConfig'); my %C = $O->DataGet( ID => ${id}, UserID => 1 );
      $C{Config}->{Scope} = 'of the other'; $O->DataUpdate( %C, UserID => 1 );`);
    const { status, page } = await save({ ...fields, Scope: 'mine' });
    expect(status).to.equal(409);
    expect(page)
      .to.contain('Someone else has changed this token configuration in the meantime')
      .and.contain('value="mine"');
    const [row] = await databaseRows(
      `SELECT JSON_VALUE(config, '$.Scope') FROM oauth2_token_config WHERE id = ${id}`,
    );
    expect(row).to.deep.equal(['of the other']);
  });

  itWithTokens(
    'are refused with the reason while outbound e-mail refers to a name: renaming and deleting',
    async () => {
      const id = await addConfig(admin, 'Outbound');
      const smtp = (name: string) =>
        perl(`$Kernel::OM->Get('Kernel::System::SysConfig')->SettingsSet( UserID => 1, Settings => [
        { Name => 'SendmailModule::AuthenticationType', EffectiveValue => '${name ? 'oauth2_token' : 'password'}', IsValid => 1 },
        { Name => 'SendmailModule::OAuth2TokenConfigName', EffectiveValue => '${name}', IsValid => 1 } ] );`);
      await smtp('Outbound');
      await until('we see the setting', async () =>
        (await (await admin.get(`${SCREEN};Search=Outbound`)).text()).includes('Outbound e-mail (SMTP)'),
      );
      const { status, page } = await save({ ...(await formOf(id)), Name: 'Renamed' });
      expect(status).to.equal(409);
      expect(page).to.contain('SendmailModule::OAuth2TokenConfigName refers to this name');
      const answer = await admin.post(`${SCREEN};Subaction=DeleteTokenConfig`, { ID: String(id) });
      expect([answer.status, codeOf(await answer.text())]).to.deep.equal([409, 'token-config-in-use']);
      await smtp('');
      await until(
        'free again',
        async () => !(await (await admin.get(`${SCREEN};Search=Outbound`)).text()).includes('(SMTP)'),
      );
      expect((await admin.post(`${SCREEN};Subaction=DeleteTokenConfig`, { ID: String(id) })).status).to.equal(
        303,
      );
      expect(await databaseRows(`SELECT id FROM oauth2_token_config WHERE id = ${id}`)).to.deep.equal([]);
      const list = await perl(
        `print join ',', map { $_->{Name} } $Kernel::OM->Get('Kernel::System::OAuth2TokenConfig')->DataListGet( UserID => 1 );`,
      );
      expect(list.split(',')).to.include('Edit me').and.not.include('Outbound');
    },
  );
});
