import { chmodSync, mkdirSync, mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import {
  createServer,
  type IncomingHttpHeaders,
  type RequestListener,
  request,
  type Server,
} from 'node:http';
import { createServer as createTlsServer } from 'node:https';
import { tmpdir } from 'node:os';
import path from 'node:path';
import { expect } from 'chai';
import { CHECKS, type CheckId, type Diagnosis } from '../../plugin/domain/doctor/doctor.js';
import type { DoctorDeps } from '../../plugin/domain/doctor/doctor-ports.js';
import { NEW_STATE } from '../../plugin/domain/token/renewal.js';
import { inEnglish } from '../../plugin/lib/phrase.js';
import { setSettings } from '../lab/helpdesk.js';
import { CREDENTIALS } from '../lab/instance.js';
import { freePort } from '../lab/ports.js';
import { selfSigned } from '../lab/self-signed.js';
import { channelEnv, LAB_SECRET, type LabChannel } from '../lab/sidecar-channel.js';
import { SIDECAR_USER, sidecarUserEnv } from '../lab/sidecar-user.js';
import { listen } from '../oauth/hostile-server.js';
import { type Breakage, brokenHelpdesk } from '../support/broken-helpdesk.js';
import { IS_POSTGRES } from '../support/database.js';
import { addConfig } from '../support/granted-config.js';
import {
  databaseRows,
  extraSidecar,
  lab,
  mailAccount,
  perl,
  type Session,
  session,
  znunyOauth2,
} from '../support/lab.js';
import { configOf, tokenOf } from '../support/samples.js';
import { account, quoted } from '../support/sql.js';

const SCREEN = 'Action=AdminOAuth2TokenManagement;Subaction=Doctor';
const STATE = path.join(lab.dir, 'state/sidecar');

interface Circumstances extends Breakage {
  home?: string;
  port?: number;
  /** At that port. */
  channel?: LabChannel;
  state?: string;
  env?: Record<string, string>;
  /** Replaces parts that the checks use. */
  with?: (deps: DoctorDeps) => Partial<DoctorDeps>;
}

/** Not at the top: the test runner would load a second copy of what the adapters load when they are asked. */
const program = async () => ({
  ...(await import('../../plugin/adapters/adapters.js')),
  ...(await import('../../plugin/config/load-config.js')),
  ...(await import('../../plugin/usecases/doctor/examine.js')),
});

/** One check on the genuine helpdesk, unchanged except for what is broken. */
async function check(id: CheckId, broken: Circumstances = {}): Promise<Diagnosis & { text: string }> {
  const { createAdapters, examine, loadConfig } = await program();
  const copy = broken.config || broken.replace || broken.files ? brokenHelpdesk(broken) : null;
  const config = loadConfig({
    HELPDESK_HOME: broken.home ?? copy?.home ?? lab.home,
    ...(broken.port === undefined
      ? channelEnv(lab, lab.ports.sidecar)
      : channelEnv(lab, broken.port, broken.channel ?? '0.1')),
    SIDECAR_STATE: broken.state ?? STATE,
    ...sidecarUserEnv,
    ...broken.env,
  });
  const log = { info() {}, warn() {}, error() {} };
  const adapters = createAdapters(config, log);
  try {
    const deps = await adapters.doctor();
    const [found] = await examine({ ...deps, ...broken.with?.(deps) }, { only: [id] });
    if (!found) throw new Error('No finding');
    return { ...found, text: found.reason.map(inEnglish).join(' ') };
  } finally {
    await adapters.close();
    copy?.remove();
  }
}

const commandsOf = ({ remedies }: Diagnosis) => remedies.map(({ command }) => command).join('\n');
const set = (name: string, value: string) => `    $Self->{'${name}'} = '${value}';`;

describe('the doctor, with one thing after another broken on the genuine helpdesk', function () {
  this.timeout(120_000);
  const servers: Server[] = [];
  const configs: number[] = [];
  let admin: Session;
  before(async () => {
    admin = await session(CREDENTIALS.admin);
  });
  afterEach(async () => {
    for (const server of servers.splice(0)) {
      server.closeAllConnections();
      await new Promise((resolve) => server.close(resolve));
    }
    if (configs.length === 0) return;
    const ids = configs.splice(0).join(', ');
    await databaseRows(`DELETE FROM mail_account WHERE oauth2_token_config_id IN (${ids})`);
    await databaseRows(`DELETE FROM oauth2_token WHERE token_config_id IN (${ids})`);
    await databaseRows(`DELETE FROM oauth2_token_config WHERE id IN (${ids})`);
  });

  async function answering(handler: RequestListener, pair?: { key: Buffer; cert: Buffer }): Promise<number> {
    const server = pair ? createTlsServer(pair, handler) : createServer(handler);
    servers.push(server as Server);
    return listen(server as Server);
  }
  async function added(name: string, fields: Record<string, string> = {}): Promise<number> {
    const id = await addConfig(admin, `Doctor ${name}`, fields);
    configs.push(id);
    return id;
  }
  const fqdn = (port: number) => ({ config: set('FQDN', `127.0.0.1:${port}`) });

  it('finds the lab in order when nothing is broken', async () => {
    const well: CheckId[] = [
      'helpdesk',
      'version',
      'database',
      'rights',
      'schema',
      'fqdn',
      'script-alias',
      'sidecar',
      'callback',
      'address',
      'cookies',
      'clock',
      'pop3',
      'smtp',
      'imap',
      'caches',
      'providers',
      'secrets',
      'journal',
      'add-on',
      'built-in',
    ];
    for (const id of well) {
      const found = await check(id);
      expect(found.result, `${id}: ${found.text}`).to.equal('ok');
    }
  });

  it('check 1: no helpdesk at that place', async () => {
    const found = await check('helpdesk', { home: tmpdir() });
    expect(found.result).to.equal('fault');
    expect(commandsOf(found)).to.contain('HELPDESK_HOME=/opt/znuny');
  });

  it('check 2: too old, too new, without a version, and without sign-in by token', async () => {
    const release = (version: string) => ({ files: { RELEASE: `PRODUCT = Znuny\nVERSION = ${version}\n` } });
    expect((await check('version', release('5.0.43'))).result).to.equal('fault');
    expect((await check('version', release('8.0.1'))).result).to.equal('fault');
    expect((await check('version', { files: { RELEASE: null } })).result).to.equal('fault');
    const withPasswords = await check('version', {
      files: { ...release('6.0.32').files, 'Kernel/System/MailAccount/IMAP.pm': 'package Old; 1;\n' },
    });
    expect(withPasswords.result).to.equal('warning');
    expect(withPasswords.text).to.contain('support only passwords');
  });

  it('check 3: database down, and the wrong database', async () => {
    const away = await check('database', {
      replace: [`port=${lab.ports.mariadb}`, `port=${await freePort()}`],
    });
    expect(away.result).to.equal('fault');
    const other = await check('database', {
      replace: [IS_POSTGRES ? 'DBI:Pg:' : 'DBI:mysql:', 'DBI:Oracle:'],
    });
    expect(other.result).to.equal('fault');
    expect(other.text).to.contain('the sidecar supports MySQL, MariaDB and PostgreSQL only');
  });

  it('check 4: a missing right', async () => {
    const sidecar = account(SIDECAR_USER.user);
    await databaseRows(`REVOKE DELETE ON oauth2_token FROM ${sidecar}`);
    await databaseRows(`REVOKE SELECT ON gi_webservice_config FROM ${sidecar}`);
    try {
      const found = await check('rights');
      expect(found.result).to.equal('fault');
      expect(found.text).to.contain('DELETE on oauth2_token').and.contain('SELECT on gi_webservice_config');
      expect(found.text).to.not.contain('UPDATE');
    } finally {
      await databaseRows(`GRANT DELETE ON oauth2_token TO ${sidecar}`);
      await databaseRows(`GRANT SELECT ON gi_webservice_config TO ${sidecar}`);
    }
  });

  it('check 5: a migration that has not run, a newer sidecar, a missing column', async () => {
    const [first] = await databaseRows(
      'SELECT id, name, batch, migration_time FROM oauth2_sidecar_migration LIMIT 1',
    );
    const [id, name, batch, time] = first ?? [];
    await databaseRows(`DELETE FROM oauth2_sidecar_migration WHERE id = ${id}`);
    const pending = await check('schema');
    await databaseRows(
      `INSERT INTO oauth2_sidecar_migration (id, name, batch, migration_time) VALUES (${id}, '${name}', ${batch}, '${time}')`,
    );
    expect([pending.result, commandsOf(pending)]).to.deep.equal(['fault', 'znuny-oauth2 migrate']);
    expect(pending.text).to.contain(name);
    await databaseRows(
      "INSERT INTO oauth2_sidecar_migration (id, name, batch) VALUES (9999, '9999-of-the-future', 99)",
    );
    const newer = await check('schema');
    await databaseRows('DELETE FROM oauth2_sidecar_migration WHERE id = 9999');
    expect(newer.text).to.contain('9999-of-the-future');
    await databaseRows('ALTER TABLE mail_account RENAME COLUMN authentication_type TO auth_broken');
    const column = await check('schema');
    await databaseRows('ALTER TABLE mail_account RENAME COLUMN auth_broken TO authentication_type');
    expect(column.result).to.equal('fault');
    expect(column.text).to.contain('authentication_type');
    expect((await check('schema')).result).to.equal('ok');
  });

  it('checks 6, 7, 8: HttpType, FQDN and ScriptAlias, each with command and screen', async () => {
    for (const [id, setting, bad, good] of [
      ['http-type', 'HttpType', 'http', 'https'],
      ['fqdn', 'FQDN', 'yourhost.example.com', 'helpdesk.example.org'],
      ['script-alias', 'ScriptAlias', '/otrs/', 'otrs/'],
    ] as const) {
      const found = await check(id, { config: set(setting, bad) });
      expect(found.result, id).to.equal('fault');
      expect(commandsOf(found)).to.contain(`Admin::Config::Update --setting-name ${setting} --value`);
      expect(found.remedies.some(({ link }) => link?.endsWith(`Setting=${setting}`))).to.equal(true);
      expect((await check(id, { config: set(setting, good) })).result, id).to.equal('ok');
    }
  });

  it('check 9: the sidecar does not run, or cannot work', async () => {
    const away = await check('sidecar', { port: await freePort() });
    expect([away.result, commandsOf(away)]).to.deep.equal(['fault', 'systemctl start znuny-oauth2\n']);
    const broken = await answering((_request, response) => response.writeHead(503).end());
    const waiting = await check('sidecar', { port: broken });
    expect([waiting.result, waiting.text]).to.deep.equal([
      'fault',
      `The sidecar at http://127.0.0.1:${broken} responds with 503: it is not ready yet.`,
    ]);
  });

  it('check 10: the redirect URI leads elsewhere: other server, no server, bad certificate, another sidecar', async () => {
    const other = await check(
      'callback',
      fqdn(await answering((_request, response) => response.writeHead(404).end())),
    );
    expect(other.result).to.equal('fault');
    expect(commandsOf(other)).to.contain('znuny-oauth2 apache-rules');
    const nobodyBehind = fqdn(await answering((_request, response) => response.writeHead(503).end()));
    const nobody = await check('callback', nobodyBehind);
    expect(nobody.text).to.contain('its rules point to another port');
    expect(commandsOf(nobody)).to.not.contain('setsebool');
    const confined = await check('callback', {
      ...nobodyBehind,
      with: ({ webServer }) => ({ webServer: { ...webServer, hasSelinux: () => true } }),
    });
    expect(commandsOf(confined)).to.match(/^setsebool -P httpd_can_network_connect 1\n/);
    const similar = fqdn(await answering((_request, response) => response.end('{"mark":"made up"}')));
    expect((await check('callback', similar)).result).to.equal('warning');
    expect((await check('callback', fqdn(await freePort()))).text).to.contain('ECONNREFUSED');
    const tls = await answering((_request, response) => response.end(), await selfSigned());
    const certificate = await check('callback', {
      config: `${set('FQDN', `127.0.0.1:${tls}`)}\n${set('HttpType', 'https')}`,
    });
    expect(certificate.result).to.equal('fault');
    expect(certificate.text).to.contain('is not trusted (DEPTH_ZERO_SELF_SIGNED_CERT)');
    const second = await extraSidecar({ channel: '0.1' });
    try {
      // A web server that leads to that sidecar.
      const other = await answering((asked, response) => {
        const options = {
          port: second.port,
          path: asked.url,
          headers: { 'X-OAuth2-Sidecar-Client': '127.0.0.1' },
        };
        request(options, (answer) => answer.pipe(response)).end();
      });
      const elsewhere = await check('callback', fqdn(other));
      expect(elsewhere.result).to.equal('warning');
      expect(elsewhere.text).to.contain('a different sidecar');
    } finally {
      await second.stop();
    }
    expect((await check('callback', { port: await freePort() })).result).to.equal('unknown');
  });

  it('check 11, the log-out trap: no internal listener, one that sees another address, an address that a browser makes up', async () => {
    const nobody = await check('address', { port: await freePort() });
    expect(nobody.result).to.equal('warning');
    expect(nobody.text).to.contain('does not respond');
    // The port after the sidecar's.
    const listener = await answering((_request, response) =>
      response.writeHead(204, { 'X-OAuth2-Sidecar-Seen': '127.0.0.1' }).end(),
    );
    const blind = await check('address', { port: listener - 1 });
    expect(blind.result).to.equal('warning');
    expect(blind.text).to.contain("sees the address 127.0.0.1 instead of the browser's");
    const old = await extraSidecar({ channel: '0.1' });
    try {
      const forged = await check('address', fqdn(old.port));
      expect(forged.result).to.equal('fault');
      expect(forged.text).to.contain('a browser address forged by the client');
    } finally {
      await old.stop();
    }
  });

  it('check 11: another program in place of the internal listener, and a configuration of version 0.1', async () => {
    const told: IncomingHttpHeaders[] = [];
    const squatter = await answering((request, response) => {
      told.push(request.headers);
      response.writeHead(204, { 'X-OAuth2-Sidecar-Seen': '192.0.2.77' }).end();
    });
    const taken = await check('address', { port: squatter - 1, channel: 'socket' });
    expect(taken.result).to.equal('fault');
    expect(taken.text).to.contain('does not know the secret: outdated rules, or another program');
    expect(JSON.stringify(told)).to.not.contain(LAB_SECRET);
    const old = await check('address', { port: squatter - 1 });
    expect(old.result).to.equal('warning');
    expect(old.text).to.contain('the configuration dates from version 0.1');
    expect(commandsOf(old)).to.equal('znuny-oauth2 install');
  });

  it('check 10: a web server that forwards requests without the secret, which the sidecar refuses', async () => {
    const strict = await extraSidecar({ channel: 'tcp' });
    try {
      const refused = await check('callback', { ...fqdn(strict.port), port: strict.port, channel: 'tcp' });
      expect(refused.result).to.equal('fault');
      expect(refused.text).to.contain(
        "(channel-unproven): the web server's rules do not belong to this installation",
      );
      expect(commandsOf(refused)).to.match(/^rules=\$\(znuny-oauth2 apache-rules --home \S+\) && printf /m);
    } finally {
      await strict.stop();
    }
  });

  it('check 12: sessions that cannot be read, and changes without a challenge', async () => {
    expect((await check('cookies', { config: set('SessionUseCookie', '0') })).result).to.equal('fault');
    const module = await check('cookies', {
      config: set('SessionModule', 'Kernel::System::AuthSession::Own'),
    });
    expect([module.result, commandsOf(module)]).to.deep.equal([
      'fault',
      'bin/otrs.Console.pl Admin::Config::Update --setting-name SessionModule --value Kernel::System::AuthSession::DB\n',
    ]);
    expect((await check('cookies', { config: set('SessionCSRFProtection', '0') })).result).to.equal(
      'warning',
    );
  });

  it('check 13: no time zone, and clocks that differ', async () => {
    expect((await check('clock', { config: set('OTRSTimeZone', 'Mars/Base') })).text).to.contain(
      '"Mars/Base"',
    );
    const apart = (ms: number) =>
      check('clock', { with: () => ({ clock: () => new Date(Date.now() + ms) }) });
    const late = await apart(-90_000);
    expect(late.result).to.equal('fault');
    expect(late.text).to.match(/ by (89|90|91) s\./);
    expect((await apart(20_000)).result).to.equal('warning');
  });

  it('check 14: no Perl module for POP3, which is a fault once an account uses it', async () => {
    const without = { files: { 'Custom/Net/POP3/XOAuth2.pm': null } };
    const found = await check('pop3', without);
    expect(found.result).to.equal('warning');
    expect(found.text).to.contain("Can't locate Net/POP3/XOAuth2.pm").and.contain('Not used at present.');
    const id = await added('POP3');
    await mailAccount('POP3S', id, CREDENTIALS.mailboxes[0]);
    const used = await check('pop3', without);
    expect(used.result).to.equal('fault');
    expect(commandsOf(used)).to.contain('Kernel/cpan-lib/Net/POP3/XOAuth2.pm');
  });

  it('check 15: no Perl module for SMTP, or one of the same name that does not find the token', async () => {
    const name = 'Custom/Authen/SASL/Perl/XOAUTH2.pm';
    expect((await check('smtp', { files: { [name]: null } })).result).to.equal('warning');
    const namesake = `package Authen::SASL::Perl::XOAUTH2; use parent 'Authen::SASL::Perl';
      sub mechanism { 'XOAUTH2' } sub _order { 1 } sub _secflags { 0 }
      sub client_start { my $Self = shift; 'user=' . $Self->_call('user') . "\\001auth=Bearer " . ( $Self->_call('pass') // '' ) . "\\001\\001" } 1;`;
    const found = await check('smtp', { files: { [name]: namesake } });
    expect(found.result).to.equal('warning');
    expect(found.text).to.contain('no token in it');
  });

  it('check 16: no Perl module for IMAP', async () => {
    const found = await check('imap', { files: { 'Custom/Mail/IMAPClient.pm': "die 'broken by the test'" } });
    expect(found.result).to.equal('fault');
    expect(found.text).to.contain('broken by the test');
  });

  it("check 17: the helpdesk's cache is not cleared; what the check wrote is gone afterwards", async () => {
    const config = `    $Self->{'DBCRUD::OAuth2TokenConfig::CacheTTL'} = 3600;`;
    const found = await check('caches', {
      config,
      with: () => ({ caches: async () => ({ forgetTokenConfigs: async () => undefined }) }),
    });
    expect(found.result, found.text).to.equal('fault');
    expect(commandsOf(found)).to.contain('Maint::Cache::Delete --type OAuth2TokenConfig');
    expect((await check('caches', { config })).result).to.equal('ok');
    expect(
      await databaseRows("SELECT id FROM oauth2_token_config WHERE name LIKE 'Check of the sidecar%'"),
    ).to.deep.equal([]);
    expect(
      await databaseRows("SELECT id FROM oauth2_sidecar_event WHERE name LIKE 'Check of the sidecar%'"),
    ).to.deep.equal([]);
  });

  it('check 18: the daemon is stopped, and running', async () => {
    const cache = `$Kernel::OM->Get('Kernel::System::Cache')`;
    await perl(`${cache}->Delete( Type => 'DaemonRunning', Key => 1 ); print 1;`);
    const found = await check('daemon');
    expect(found.result).to.equal('fault');
    expect(commandsOf(found)).to.contain('bin/otrs.Daemon.pl start');
    // As the daemon itself does it every few seconds.
    await perl(`${cache}->Set( Type => 'DaemonRunning', Key => 1, Value => 1, TTL => 60 ); print 1;`);
    expect((await check('daemon')).result).to.equal('ok');
    await perl(`${cache}->Delete( Type => 'DaemonRunning', Key => 1 ); print 1;`);
  });

  it('check 19: providers that are down, untrusted, behind a proxy that is down, or unchecked', async () => {
    const url = (port: number, scheme = 'http') => {
      const address = `${scheme}://127.0.0.1:${port}/token`;
      return { TokenByAuthorizationCodeRequestURL: address, TokenByRefreshTokenRequestURL: address };
    };
    await added('provider away', url(await freePort()));
    expect((await check('providers')).text).to.contain('127.0.0.1 (ECONNREFUSED)');
    await databaseRows(`UPDATE oauth2_token_config SET valid_id = 2 WHERE id = ${configs[0]}`);
    await added(
      'provider untrusted',
      url(await answering((_request, response) => response.end(), await selfSigned()), 'https'),
    );
    const untrusted = await check('providers');
    expect([untrusted.result, untrusted.text]).to.deep.equal([
      'fault',
      'Not reachable, or without a trusted certificate: 127.0.0.1 (DEPTH_ZERO_SELF_SIGNED_CERT).',
    ]);
    expect(
      (await check('providers', { config: set('WebUserAgent::DisableSSLVerification', '1') })).result,
    ).to.equal('warning');
    await databaseRows(`UPDATE oauth2_token_config SET valid_id = 2 WHERE id = ${configs[1]}`);
    await added('provider good');
    expect((await check('providers')).text).to.equal('Reachable: localhost.');
    const strict = await check('providers', { env: { SIDECAR_ALLOW_ADDRESSES: '' } });
    expect([strict.result, strict.text]).to.deep.equal([
      'fault',
      'Not contacted, because the address belongs to this machine, or is link-local or reserved: localhost.',
    ]);
    expect(commandsOf(strict)).to.equal('SIDECAR_ALLOW_ADDRESSES=127.0.0.1');
    const proxy = set('WebUserAgent::Proxy', `http://127.0.0.1:${await freePort()}`);
    expect((await check('providers', { config: proxy })).text).to.contain('localhost (ECONNREFUSED)');
  });

  it('check 20: a configuration whose grant has ended', async () => {
    const id = await added('grant dead');
    await databaseRows(
      `INSERT INTO oauth2_token (token_config_id, token, refresh_token, token_expiration_date, error_message, create_time, create_by, change_time, change_by)
       VALUES (${id}, 'a', 'b', UTC_TIMESTAMP() - INTERVAL 1 HOUR, 'invalid_grant', UTC_TIMESTAMP(), 1, UTC_TIMESTAMP(), 1)
       ON DUPLICATE KEY UPDATE token = 'a', refresh_token = 'b', token_expiration_date = UTC_TIMESTAMP() - INTERVAL 1 HOUR, error_message = 'invalid_grant'`,
    );
    const found = await check('configs');
    expect(found.result, found.text).to.equal('fault');
    expect(found.text).to.contain('Mail has stopped or will stop soon: Doctor grant dead.');
  });

  it('check 20: sign-in, scopes, or a mail account in different clouds of Microsoft', async () => {
    const name = 'Doctor clouds';
    const id = await added('clouds', {
      TokenConfigTemplateFilename: 'microsoft-china',
      ClientID: '1b2c3d4e-1111-2222-3333-444455556666',
      ClientSecret: 'secret-of-china',
      ...Object.fromEntries(
        ['AuthorizationCode', 'TokenByAuthorizationCode', 'TokenByRefreshToken'].map((kind) => [
          `${kind}RequestURL`,
          'https://login.partner.microsoftonline.cn/common/oauth2/v2.0/token',
        ]),
      ),
      Scope: 'https://partner.outlook.cn/IMAP.AccessAsUser.All offline_access',
    });
    const elsewhere = `${name}: login.partner.microsoftonline.cn belongs to Microsoft 365 (21Vianet, China), but`;
    const well = await check('configs');
    expect([well.result, well.text.includes(name)]).to.deep.equal(['ok', false]);
    await databaseRows(
      `INSERT INTO mail_account (login, pw, host, account_type, authentication_type, oauth2_token_config_id, queue_id, trusted,
         valid_id, create_time, create_by, change_time, change_by)
       VALUES ('clouds@example.org', 'OAuth2Token', 'outlook.office365.com', 'IMAPS', 'oauth2_token', ${id}, 1, 0, 1, NOW(), 1, NOW(), 1)`,
    );
    const mixed = await check('configs');
    expect(mixed.result).to.equal('fault');
    expect(mixed.text).to.contain(`${elsewhere} outlook.office365.com to Microsoft 365 (worldwide).`);
    await databaseRows("DELETE FROM mail_account WHERE login = 'clouds@example.org'");
    const outbound = ['SendmailModule', 'Host', 'AuthenticationType', 'OAuth2TokenConfigName'].map((word) =>
      word === 'SendmailModule' ? word : `SendmailModule::${word}`,
    );
    const values = ['Kernel::System::Email::SMTPTLS', 'smtp.office365.com', 'oauth2_token', name];
    try {
      await setSettings(
        lab,
        outbound.map((setting, at) => ({ name: setting, value: values[at] ?? '' })),
      );
      const sends = await check('configs');
      expect(sends.text).to.contain(`${elsewhere} smtp.office365.com to Microsoft 365 (worldwide).`);
    } finally {
      await perl(`my $S = $Kernel::OM->Get('Kernel::System::SysConfig');
        for my $Name (qw(${outbound.join(' ')})) {
          my $Lock = $S->SettingLock( Name => $Name, Force => 1, UserID => 1 );
          $S->SettingReset( Name => $Name, ExclusiveLockGUID => $Lock, UserID => 1 );
        }
        $S->ConfigurationDeploy( Comments => 'test', AllSettings => 1, UserID => 1, Force => 1 );`);
    }
  });

  it('check 21: client secrets that end soon', async () => {
    const id = await added('secret');
    const ends = async (days: number) => {
      const day = new Date(Date.now() + days * 86_400_000).toISOString().slice(0, 10);
      await databaseRows(
        `UPDATE oauth2_token_config SET config = JSON_SET(config, '$.Sidecar', JSON_OBJECT('ClientSecretExpires', '${day}')) WHERE id = ${id}`,
      );
      return check('secrets');
    };
    expect((await ends(200)).text).to.equal('No client secret and no certificate expires within 30 days.');
    expect((await ends(20)).result).to.equal('warning');
    const soon = await ends(2);
    expect([soon.result, soon.text]).to.deep.equal([
      'fault',
      'Client secrets that have expired or expire within 30 days: Doctor secret.',
    ]);
  });

  it('checks 22, 23: journal and file permissions', async () => {
    const state = path.join(mkdtempSync(path.join(tmpdir(), 'doctor-state-')), 'state');
    const closed = { replace: ['sub Load', 'sub Load'] as [string, string] };
    expect((await check('journal', { state })).result).to.equal('unknown');
    mkdirSync(state, { mode: 0o700 });
    expect((await check('journal', { state })).result).to.equal('ok');
    expect((await check('files', { state, ...closed })).result).to.equal('ok');
    writeFileSync(path.join(state, '1-1-a.answer'), 'x');
    expect((await check('journal', { state })).text).to.contain('waiting to be stored: 1.');
    writeFileSync(path.join(state, '1-1-b.answer.unreadable'), 'x');
    expect((await check('journal', { state })).result).to.equal('fault');
    writeFileSync(path.join(state, 'journal.key'), 'x');
    const cut = await check('journal', { state });
    expect([cut.result, cut.text]).to.deep.equal([
      'fault',
      `The key ${state}/journal.key has 1 bytes instead of 32, so no provider response can be protected.`,
    ]);
    chmodSync(path.join(state, 'journal.key'), 0o644);
    expect(commandsOf(await check('files', { state, ...closed }))).to.equal(`chmod 600 ${state}/journal.key`);
    chmodSync(state, 0o755);
    expect(commandsOf(await check('files', { state, ...closed }))).to.equal(`chmod 700 ${state}`);
    rmSync(path.dirname(state), { recursive: true });
    // The lab's own file is readable by everybody.
    expect((await check('files', { state })).text).to.contain('Kernel/Config.pm (0644)');
  });

  it('check 22: a journal whose folder is full, read-only or returns something else', async () => {
    for (const [code, result, command] of [
      ['ENOSPC', 'fault', 'df -h /state'],
      ['EROFS', 'fault', 'findmnt -T /state'],
      ['DIFFERENT', 'fault', 'ls -ld /state'],
      ['EACCES', 'unknown', ''],
    ] as const) {
      const facts = { mode: 0o700, keyMode: 0o600, keySize: 32, writable: true, waiting: 0, unreadable: 0 };
      const stateFolder = { folder: '/state', look: async () => facts, probe: async () => code };
      const found = await check('journal', { with: () => ({ stateFolder }) });
      expect([found.result, commandsOf(found)]).to.deep.equal([result, command]);
      expect(found.text).to.contain(`could not be written to and read back from /state (${code}).`);
    }
  });

  it('check 24: neither settings nor script in the helpdesk', async () => {
    const script = await check('add-on', { config: `    $Self->{'Loader::Agent::CommonJS'} = {};` });
    expect(script.text).to.contain('The script for the warning bar');
    const settings = await check('add-on', {
      with: (deps) => ({
        settings: async () => ({ ...(await deps.settings()), get: () => undefined }),
      }),
    });
    expect(settings.text).to.contain('The settings of the sidecar are not installed');
  });

  it('check 25: a token that could be renewed, but has no due time', async () => {
    const id = 4711;
    const found = await check('due-list', {
      with: (deps) => ({
        renewals: async () => ({
          ...(await deps.renewals()),
          unscheduled: async (_now: Date, after: number) =>
            after === 0
              ? [{ config: configOf({ id, name: 'Forgotten' }), token: tokenOf(), renewal: NEW_STATE }]
              : [],
        }),
      }),
    });
    expect([found.result, found.text]).to.deep.equal([
      'fault',
      'Can be renewed, but no renewal is scheduled: Forgotten.',
    ]);
    expect((await check('due-list')).result).to.equal('ok');
  });

  it('check 26: built-in screens that Kernel/Config.pm opens, a group named like the one that closes them, no SecureMode', async () => {
    const open = await check('built-in', {
      config: `    $Self->{'Frontend::Module'}->{'AdminOAuth2TokenManagement'}->{'Group'} = ['admin'];`,
    });
    expect(open.result).to.equal('fault');
    expect(open.text).to.contain('are open to these groups: admin.');
    expect(commandsOf(open)).to.contain('znuny-oauth2 install');
    expect((await check('built-in', { config: set('SecureMode', '0') })).text).to.contain('installer.pl');
    const [table] = (
      await databaseRows(
        `SELECT table_name FROM information_schema.tables WHERE table_name IN ('groups', 'permission_groups')
           AND table_schema = ${IS_POSTGRES ? 'current_schema()' : 'DATABASE()'}`,
      )
    ).flat();
    await databaseRows(
      `INSERT INTO ${quoted(table ?? '')} (name, valid_id, create_time, create_by, change_time, change_by) VALUES ('oauth2-sidecar-nobody', 1, NOW(), 1, NOW(), 1)`,
    );
    try {
      const named = await check('built-in');
      expect([named.result, named.text]).to.deep.equal([
        'fault',
        'The group "oauth2-sidecar-nobody" exists. Its members can reach the built-in OAuth2 screens. Rename the group.',
      ]);
    } finally {
      await databaseRows(`DELETE FROM ${quoted(table ?? '')} WHERE name = 'oauth2-sidecar-nobody'`);
    }
  });

  it('check 26: a web server that runs the built-in callback, misses one of our spellings, or cannot be reached', async () => {
    const asked: string[] = [];
    const through = async (isBuiltIn: (url: string) => boolean) =>
      fqdn(
        await answering(async (request, response) => {
          const url = request.url ?? '';
          asked.push(`${request.method} ${url}`);
          if (isBuiltIn(url)) return void response.end('log-in page');
          const answer = await fetch(`http://127.0.0.1:${lab.ports.apache}${url}`, {
            method: request.method ?? 'GET',
            redirect: 'manual',
          });
          response.writeHead(answer.status, {
            'Content-Security-Policy': answer.headers.get('content-security-policy') ?? '',
          });
          response.end();
        }),
      );
    expect((await check('built-in', await through(() => false))).result).to.equal('ok');
    expect(asked).to.have.length(12);
    const callback = await check('built-in', await through((url) => url.includes('.pl/x')));
    expect(callback.result).to.equal('fault');
    expect(callback.text).to.match(/^The built-in callback responds at http.*\.pl\/x\?state=none\. /);
    expect(commandsOf(callback)).to.contain('znuny-oauth2 apache-rules');
    const earlier = await check('built-in', await through((url) => url.includes('%41ction')));
    expect(earlier.result).to.equal('warning');
    expect(earlier.text).to.contain('The sidecar does not respond at').and.contain('%41ction');
    const away = await check('built-in', fqdn(await freePort()));
    expect(away.result).to.equal('unknown');
    expect(away.text).to.contain('rejects every request').and.contain('ECONNREFUSED');
  });

  it('completes the other checks when one hangs or breaks', async () => {
    const { createAdapters, examine, loadConfig } = await program();
    const config = loadConfig({
      HELPDESK_HOME: lab.home,
      ...channelEnv(lab, lab.ports.sidecar),
      SIDECAR_STATE: STATE,
      ...sidecarUserEnv,
    });
    const adapters = createAdapters(config, { info() {}, warn() {}, error() {} });
    try {
      const deps = await adapters.doctor();
      const found = await examine(
        {
          ...deps,
          helpdesk: {
            ...deps.helpdesk,
            daemonRuns: () => new Promise(() => undefined),
            smtpSignInFailure: () => Promise.reject(new TypeError('secret value')),
          },
        },
        { only: ['smtp', 'daemon', 'fqdn'], limit: 4000 },
      );
      expect(found.map(({ id, result }) => [id, result])).to.deep.equal([
        ['fqdn', 'ok'],
        ['smtp', 'unknown'],
        ['daemon', 'unknown'],
      ]);
      expect(JSON.stringify(found)).to.not.contain('secret value');
    } finally {
      await adapters.close();
    }
  });

  describe('as a command', () => {
    it('lists every check with --json; --read-only leaves out the one that writes', async () => {
      const { out, code } = await znunyOauth2(['doctor', '--json', '--read-only']);
      const { result, checks } = JSON.parse(out) as { result: string; checks: Diagnosis[] };
      expect(checks.map(({ id }) => id)).to.deep.equal(Object.keys(CHECKS).filter((id) => id !== 'caches'));
      expect(checks.map(({ number }) => number)).to.deep.equal(
        Object.keys(CHECKS)
          .map((_id, at) => at + 1)
          .filter((number) => number !== 17),
      );
      // HttpType of the lab is http.
      expect([result, code]).to.deep.equal(['fault', 4]);
    });

    it('ends with 0 where there is no fault; --strict counts warnings, too', async () => {
      expect((await znunyOauth2(['doctor', '--only', '7,script-alias'])).code).to.equal(0);
      const files = ['doctor', '--only', 'files'];
      const open = await znunyOauth2(files);
      expect([open.code, open.out]).to.deep.equal([
        0,
        `Failed: 0. Warnings: 1. Not determined: 0. Passed: 0.\n23  WARNING  File permissions\n             Every user of this machine can read Kernel/Config.pm (0644), which contains the database password.\n               chmod o= ${lab.home}/Kernel/Config.pm\n`,
      ]);
      expect((await znunyOauth2([...files, '--strict'])).code).to.equal(4);
      // The summary comes first, and what is worst comes last.
      const several = (await znunyOauth2(['doctor', '--only', 'files,http-type,7'])).out.split('\n');
      expect(several[0]).to.equal('Failed: 1. Warnings: 1. Not determined: 0. Passed: 1.');
      expect(
        several.filter((line) => /^[ \d]\d {2}/.test(line)).map((line) => line.slice(4, 11).trim()),
      ).to.deep.equal(['ok', 'WARNING', 'FAILED']);
      const unknown = await znunyOauth2(['doctor', '--only', '99']);
      expect([unknown.code, unknown.err]).to.match(/There is no check "99"\./);
    });
  });

  describe('as a page', () => {
    it('asks first, then shows every check with word and icon, and the remedies as commands and links', async () => {
      const before = await (await admin.get(SCREEN)).text();
      expect(before).to.contain('id="RunDoctor"').and.not.contain('data-check');
      const page = await (await admin.post(SCREEN, {})).text();
      const checks = [...page.matchAll(/data-check="([^"]+)" data-result="([^"]+)"/g)].map(([, id]) => id);
      expect(checks).to.deep.equal(Object.keys(CHECKS));
      expect(page).to.contain('<strong>10. Redirect URI reaches the sidecar: OK</strong>');
      expect(page).to.match(
        /<strong>6\. HttpType: Failed<\/strong>[\s\S]*?--setting-name HttpType --value https<\/code>/,
      );
      expect(page).to.contain('id="NavigationContainer"');
    });
  });

  it('answers a nonce only where it looks like one, and reveals nothing more', async () => {
    const ask = (nonce: string) => fetch(`${lab.urls.callback}?Doctor=${nonce}`, { redirect: 'manual' });
    expect((await ask('short')).status).to.equal(400);
    expect((await ask(encodeURIComponent('<script>alert(1)</script>'))).status).to.equal(400);
    const answer = await ask('a-nonce-of-the-test-1');
    const body = (await answer.json()) as Record<string, string>;
    expect(Object.keys(body)).to.deep.equal(['mark', 'address']);
    expect(body.mark).to.match(/^[0-9a-f]{64}$/);
  });
});
