import { readFileSync, rmSync, utimesSync, writeFileSync } from 'node:fs';
import path from 'node:path';
import { expect } from 'chai';
import { createDeployments } from '../../db/repositories/sysconfig.js';
import { createPerlSettings } from '../../plugin/config/perl-settings.js';
import { SCREEN_RIGHTS, type Settings } from '../../plugin/domain/helpdesk/settings.js';
import { createHelpdeskPerl } from '../../plugin/helpdesk/perl.js';
import { createSettingsReader } from '../../sysconfig/settings-reader.js';
import { schemaFile } from '../lab/golden.js';
import { usesTokens } from '../support/instance.js';
import { type Fixture, failure, fixture } from './fixture.js';
import { type PrivateHome, privateHome } from './helpdesk-perl.js';

/** Changes settings as the helpdesk's screen does: lock, update or reset, and deploy if asked to. */
const CHANGE = `
my $SysConfig = $OM->Get('Kernel::System::SysConfig');
sub Change {
    my ( $Name, %Change ) = @_;
    my %Setting = $SysConfig->SettingGet( Name => $Name );
    my $GUID = $SysConfig->SettingLock( UserID => 1, DefaultID => $Setting{DefaultID}, Force => 1 );
    if ( delete $Change{Reset} ) {
        $SysConfig->SettingReset( Name => $Name, ExclusiveLockGUID => $GUID, UserID => 1 ) || die "reset $Name";
    }
    else {
        my %Result = $SysConfig->SettingUpdate(
            Name => $Name, IsValid => 1, EffectiveValue => $Setting{EffectiveValue}, %Change,
            ExclusiveLockGUID => $GUID, UserID => 1,
        );
        die "update $Name: $Result{Error}" if !$Result{Success};
    }
    $SysConfig->SettingUnlock( DefaultID => $Setting{DefaultID} );
}
sub Deploy {
    my %Result = $SysConfig->ConfigurationDeploy( Comments => 'test', UserID => 1, Force => 1, AllSettings => 1 );
    die 'deploy' if !$Result{Success};
}
`;

/** Each is deployed, modified, reset, disabled, undeployed or overridden below; some remain untouched. */
const NAMES = [
  'FQDN',
  'HttpType',
  'ScriptAlias',
  'AdminEmail',
  'Organization',
  'SystemID',
  'SecureMode',
  'ProductName',
  'Product',
  'Version',
  'Home',
  'CurrentDeploymentID',
  'OTRSTimeZone',
  'UserDefaultTimeZone',
  'TimeZone',
  'SessionName',
  'SessionModule',
  'SessionCheckRemoteIP',
  'SessionDeleteIfNotRemoteID',
  'SessionMaxIdleTime',
  'SessionMaxTime',
  'SessionUseCookie',
  'SessionCSRFProtection',
  'SessionTable',
  'AgentSessionLimit',
  'WebUserAgent::Proxy',
  'WebUserAgent::NoProxy',
  'WebUserAgent::Timeout',
  'WebUserAgent::DisableSSLVerification',
  'DBCRUD::OAuth2TokenConfig::CacheTTL',
  'MailAccount::POP3::Auth::SplitOAuth2MethodAndToken::Hosts',
  'Ticket::UnlockStateType',
  'SendmailModule',
  'SendmailModule::AuthenticationType',
  'SendmailModule::OAuth2TokenConfigName',
  'SendmailModule::Host',
  'Frontend::Module',
  'Frontend::NavigationModule',
  'Frontend::Navigation',
  'Frontend::NotifyModule',
  'Loader::Agent::CommonJS',
  'Loader::Agent::DefaultSelectedSkin',
  'DefaultLanguage',
  'DefaultUsedLanguages',
  'Cache::Module',
  'CheckMXRecord',
  'CheckEmailAddresses',
  'PGP::Bin',
  'SMIME::Bin',
  'PGP',
  'Ticket::SearchIndex::StopWords',
  'DatabaseHost',
  'DatabaseDSN',
  'Ticket::Hook',
  'LogModule',
  'Nothing::Like::This',
  'PostMaster::PreFilterModule',
  'NodeID',
  'Frontend::WebPath',
  'SecureMode',
  'Secure::DisableBanner',
  'Debug',
];

/** A setting of Znuny 6.5. */
const NO_PROXY = "Change( 'WebUserAgent::NoProxy', IsValid => 1, EffectiveValue => 'undeployed' );";

describe('deployed settings', function () {
  this.timeout(120_000);
  let fix: Fixture;
  let helpdesk: PrivateHome;
  let time = 0;
  const logged: string[] = [];
  let reader: ReturnType<typeof createSettingsReader>;

  before(async () => {
    fix = await fixture({ tables: schemaFile });
    helpdesk = privateHome(fix.helpdeskAddress);
    reader = createSettingsReader({
      deployments: createDeployments({ db: fix.db }),
      source: helpdesk.settings,
      log: { error: ({ fault }) => void logged.push(String(fault)) },
      clock: () => new Date(time),
    });
  });
  after(async () => {
    helpdesk.remove();
    await fix.close();
  });

  /** As a request one second later would see them. */
  const later = (): Promise<Settings> => {
    time += 1000;
    return reader.current();
  };
  const perlSays = (names: string[]): Record<string, unknown> =>
    helpdesk.perl(`my %All = map { $_ => $Self->Get($_) } qw(${names.join(' ')}); \\%All;`);
  const weSay = (settings: Settings, names: string[]): Record<string, unknown> =>
    Object.fromEntries(names.map((name) => [name, plain(settings.get(name))]));
  const plain = (value: unknown): unknown => (value === undefined ? null : JSON.parse(JSON.stringify(value)));

  it('match those of an untouched helpdesk, every single one', async () => {
    const all: Record<string, unknown> = helpdesk.perl('my %All = %{$Self}; \\%All;');
    const settings = await later();
    expect(Object.keys(all).length).to.be.greaterThan(700);
    expect(weSay(settings, Object.keys(all))).to.deep.equal(all);
    expect(settings.get('WebUserAgent::Proxy'), 'ships switched off').to.equal(undefined);
  });

  it('stay the same while a change is not deployed', async () => {
    const before = await later();
    helpdesk.perl(`${CHANGE} Change( 'FQDN', EffectiveValue => 'edited.example.com' ); 1;`);
    const settings = await later();
    expect(settings.text('FQDN')).to.equal(before.text('FQDN')).and.not.equal('edited.example.com');
    expect(settings.deploymentId).to.equal(before.deploymentId);
  });

  it('match those that the helpdesk reports: modified, disabled and enabled, reset, undeployed, overridden', async () => {
    helpdesk.perl(`${CHANGE}
      Change( 'FQDN', EffectiveValue => 'desk.example.com' );
      Change( 'ScriptAlias', EffectiveValue => '/desk/' );
      Change( 'OTRSTimeZone', EffectiveValue => 'Europe/Berlin' );
      Change( 'SessionMaxTime', EffectiveValue => '1234' );
      Change( 'SessionCheckRemoteIP', EffectiveValue => '0' );
      Change( 'WebUserAgent::Proxy', EffectiveValue => 'http://proxy.example.com:3128/' );
      Change( 'WebUserAgent::Timeout', EffectiveValue => '99' );
      Change( 'Organization', EffectiveValue => "Gr\\x{fc}n & \\x{20ac} 'quoted' \\\\ \\"double\\" \\$Self \\@x" );
      Change( 'NotificationSenderName', EffectiveValue => 'Mailbox' );
      Change( 'AgentSessionLimit', EffectiveValue => '77' );
      Change( 'Frontend::Module###AdminOAuth2TokenManagement', EffectiveValue => {
          Description => '', Group => [ 'admin', 'stats' ], GroupRo => ['users'],
          NavBarName => 'AdminOAuth2TokenManagement', Title => 'Changed',
      } );
      Change( 'Frontend::NotifyModule###8000-Daemon-Check', IsValid => 0 );
      Change( 'Ticket::UnlockStateType', EffectiveValue => [ 'new', 'open', 'closed' ] );
      Deploy();
      Change( 'AgentSessionLimit', Reset => 1 );
      Change( 'SecureMode', EffectiveValue => 1 );
      Deploy();
      Change( 'SessionMaxTime', EffectiveValue => '4321' );
      Change( 'WebUserAgent::Timeout', Reset => 1 );
      ${usesTokens ? NO_PROXY : ''}
      1;`);
    helpdesk.writeConfigPm(`
    $Self->{HttpType} = 'https'; # wins over the database
    # $Self->{FQDN} = 'comment.example.com';
    $Self->{"AdminEmail"} = "admin\\@<OTRS_CONFIG_FQDN>";
    $Self->{SessionMaxIdleTime} = 60 * 60;
    $Self->{'Frontend::NotifyModule'}->{'800-Own'} = { Module => 'X', Text => q{it's} };
    delete $Self->{'Frontend::Module'}->{'AdminLog'};
    $Self->{'Loader::Agent::CommonJS'}{'900-Own'} = [ qw(A.js B.js) ];
    $Self->{CheckMXRecord} = 0;
    delete $Self->{'SMIME::Bin'};`);
    const names = [...new Set(NAMES)];
    expect(names.length).to.be.greaterThan(40);
    const settings = await later();
    expect(weSay(settings, names)).to.deep.equal(perlSays(names));

    const all: Record<string, unknown> = helpdesk.perl('my %All = %{$Self}; \\%All;');
    expect(weSay(settings, Object.keys(all)), 'and all others').to.deep.equal(all);

    // The comparison alone could not reveal that both are wrong.
    expect(settings.text('FQDN')).to.equal('desk.example.com');
    expect(settings.text('HttpType')).to.equal('https');
    expect(settings.text('AdminEmail')).to.equal('admin@desk.example.com');
    expect(settings.number('SessionMaxTime', 0), 'undeployed').to.equal(1234);
    expect(settings.number('WebUserAgent::Timeout', 0), 'reset, but not deployed').to.equal(99);
    if (usesTokens) expect(settings.get('WebUserAgent::NoProxy'), 'changed, but not deployed').to.equal('');
    expect(settings.text('WebUserAgent::Proxy'), 'switched on').to.equal('http://proxy.example.com:3128/');
    expect(settings.text('Organization')).to.equal(`Grün & € 'quoted' \\ "double" $Self @x`);
    expect(settings.flag('SessionCheckRemoteIP', true)).to.equal(false);
    expect(settings.get('Frontend::NotifyModule###8000-Daemon-Check')).to.equal(undefined);
    expect(settings.get('Frontend::NotifyModule###800-Own')).to.deep.equal({ Module: 'X', Text: "it's" });
    const registered = settings.get('Frontend::Module###AdminOAuth2TokenManagement');
    expect(registered, 'closed by the add-on').to.have.deep.property('GroupRo', ['oauth2-sidecar-nobody']);
    expect(settings.get(SCREEN_RIGHTS), 'as the admin set it').to.have.deep.property('GroupRo', ['users']);
    expect(settings.get('Frontend::Module'))
      .to.have.property('AdminOAuth2TokenManagement')
      .with.property('Title', 'Changed');
    expect(settings.get('Frontend::Module###AdminLog')).to.equal(undefined);
  });

  it('have defaults where a setting is absent or of another kind', async () => {
    const settings = await later();
    expect(settings.text('Nothing')).to.equal('');
    expect(settings.text('Frontend::Module', 'x')).to.equal('x');
    expect(settings.number('FQDN', 5)).to.equal(5);
    expect([settings.flag('Nothing', true), settings.flag('Nothing', false)]).to.deep.equal([true, false]);
    expect([
      settings.flag('SessionUseCookie', false),
      settings.flag('Frontend::Module', false),
    ]).to.deep.equal([true, true]);
    expect(settings.get('__proto__')).to.equal(undefined);
    expect(() => Object.assign(settings.get('Frontend::Module') as object, { x: 1 })).to.throw(TypeError);
  });

  it('have the values that Perl computes, whatever Config.pm contains', async () => {
    helpdesk.writeConfigPm(`    $Self->{FQDN} = lc('DESK.example.com');
    $Self->{'Frontend::Module'}->{AdminX} = { Title => join( ' ', 'a', 'b' ) };`);
    const settings = await later();
    expect(settings.text('FQDN')).to.equal('desk.example.com');
    expect(settings.get('Frontend::Module###AdminX')).to.deep.equal({ Title: 'a b' });
    expect(settings.text('ScriptAlias')).to.equal('/desk/');
    expect(settings.text('AdminEmail'), 'refers to FQDN').to.match(/@desk\.example\.com$/);
    helpdesk.writeConfigPm();
  });

  it("come from the newest deployment, although the helpdesk's copy is older or missing", async () => {
    const copy = path.join(helpdesk.home, 'Kernel/Config/Files/ZZZAAuto.pm');
    const old = readFileSync(copy);
    helpdesk.perl(`${CHANGE} Change( 'Organization', EffectiveValue => 'newest' ); Deploy(); 1;`);
    writeFileSync(copy, old);
    expect((await later()).text('Organization')).to.equal('newest');
    rmSync(copy);
    expect((await later()).text('Organization')).to.equal('newest');
    expect(perlSays(['Organization']), 'what the helpdesk itself would say').to.not.deep.equal({
      Organization: 'newest',
    });
    helpdesk.perl(`${CHANGE} Deploy(); 1;`);
    expect((await later()).text('Organization')).to.equal('newest');
  });

  it('are read again only after a deployment or a change of a file, and then at once', async () => {
    await later();
    expect(await fix.queries(reader.current), 'within the second').to.deep.equal([]);
    const checks = await fix.queries(later);
    expect(checks.length).to.equal(1);
    expect(checks[0]).to.match(/^select [`"]id[`"] from [`"]sysconfig_deployment[`"]/);

    const previous = await later();
    expect(await later()).to.equal(previous);
    helpdesk.perl(`${CHANGE} Change( 'FQDN', EffectiveValue => 'third.example.com' ); Deploy(); 1;`);
    const next = await later();
    expect(next.text('FQDN')).to.equal('third.example.com');
    expect(next.deploymentId).to.be.greaterThan(previous.deploymentId);
    expect(previous.text('FQDN'), 'who holds the old ones keeps them whole').to.equal('desk.example.com');

    const file = path.join(helpdesk.home, 'Kernel/Config/Files/ZZZZOwn.pm');
    writeFileSync(
      file,
      "package Kernel::Config::Files::ZZZZOwn; sub Load { my ($File, $Self) = @_; $Self->{FQDN} = 'file.example.com'; } 1;",
    );
    expect((await later()).text('FQDN')).to.equal('file.example.com');
    expect(perlSays(['FQDN'])).to.deep.equal({ FQDN: 'file.example.com' });
    helpdesk.writeConfigPm("$Self->{FQDN} = 'pm.example.com';");
    expect((await later()).text('FQDN')).to.equal('pm.example.com');
    utimesSync(file, 1, 1);
    expect((await later()).text('FQDN')).to.equal('pm.example.com');
  });

  it('stay as they were while Config.pm is broken, which is logged once, and follow when it is corrected', async () => {
    const before = await later();
    const lines = logged.length;
    helpdesk.writeConfigPm("$Self->{FQDN} = 'broken.example.com' )));");
    expect([await later(), await later()]).to.deep.equal([before, before]);
    expect(logged.slice(lines)).to.have.length(1);
    expect(logged.at(-1)).to.match(/cannot load Kernel\/Config\.pm/);
    helpdesk.writeConfigPm("$Self->{FQDN} = 'corrected.example.com';");
    expect((await later()).text('FQDN')).to.equal('corrected.example.com');
    helpdesk.writeConfigPm("$Self->{FQDN} = 'pm.example.com';");
    expect((await later()).text('FQDN')).to.equal('pm.example.com');
  });

  it('ask the database once for many simultaneous readers', async () => {
    time += 1000;
    const queries = await fix.queries(() =>
      Promise.all([reader.current(), reader.current(), reader.current()]),
    );
    expect(queries.length).to.equal(1);
  });

  it('ignore a deployment that is still being written, and one for a single user', async () => {
    const before = await later();
    const insert =
      'INSERT INTO sysconfig_deployment (comments, user_id, effective_value, create_time, create_by) VALUES (?, ';
    await fix.helpdesk.knex.raw(
      `${insert} NULL, 'sub Load { my ($File, $Self) = @_; $Self->{FQDN} = 1; }', '2026-01-01', 1)`,
      ['OTRSInvalid-1'],
    );
    await fix.helpdesk.knex.raw(`${insert} 1, 'sub Load { }', '2026-01-01', 1)`, ['user']);
    const settings = await later();
    expect(settings).to.equal(before);
    await fix.helpdesk.knex('sysconfig_deployment').where({ comments: 'OTRSInvalid-1' }).delete();
  });

  it('explain that Config.pm is missing, and recover', async () => {
    const nowhere = path.join(helpdesk.home, 'nowhere');
    const gone = createSettingsReader({
      deployments: createDeployments({ db: fix.db }),
      source: createPerlSettings(nowhere, createHelpdeskPerl(nowhere, { PATH: process.env.PATH ?? '' })),
      clock: () => new Date(time),
    });
    const error = await failure(gone.current());
    expect([error.code, error.detail]).to.satisfy(
      ([code, detail]: string[]) =>
        code === 'config-unreadable' && /There is no Kernel\/Config\.pm under/.test(detail ?? ''),
    );
    expect((await failure(gone.current())).code).to.equal('config-unreadable');
    expect((await later()).text('FQDN')).to.equal('pm.example.com');
  });
});
