import { cpSync, existsSync, mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import os from 'node:os';
import path from 'node:path';
import { expect } from 'chai';
import { buildOpm, packageFiles } from '../../sysconfig/opm.js';
import { startApache, startPlainApache } from '../lab/apache.js';
import { setSettings } from '../lab/helpdesk.js';
import { CREDENTIALS, ROOT } from '../lab/instance.js';
import { until } from '../lab/ports.js';
import { stopServer } from '../lab/servers.js';
import { console, databaseRows, itWithTokens, lab, perl, session, usesTokens } from '../support/lab.js';

const BUILT_IN_BAR = 'Frontend::NotifyModule###100-OAuth2TokenManagementTokenExpired';
const LEAD = 'OAuth2Sidecar::Renewal::LeadMinutes';
const { version } = JSON.parse(readFileSync(path.join(ROOT, 'package.json'), 'utf8')) as { version: string };

const opmFile = (name: string, root = ROOT): string => {
  const file = path.join(lab.dir, `OAuth2Sidecar-${name}.opm`);
  writeFileSync(file, buildOpm(root, name), { mode: 0o644 });
  return file;
};
/** The add-on as it was before it closed the built-in module. */
function earlierOpm(name = '0.0.1'): string {
  const root = mkdtempSync(path.join(os.tmpdir(), 'oauth2-earlier-'));
  try {
    cpSync(path.join(ROOT, 'sysconfig'), path.join(root, 'sysconfig'), { recursive: true });
    cpSync(path.join(ROOT, 'LICENSE'), path.join(root, 'LICENSE'));
    const file = path.join(root, 'sysconfig/definitions/OAuth2Sidecar.xml');
    const closing = /<Setting Name="Frontend::Module###AdminOAuth2TokenManagement###[\s\S]*?<\/Setting>/g;
    const text = readFileSync(file, 'utf8');
    expect(text.match(closing)).to.have.length(2);
    writeFileSync(file, text.replace(closing, ''));
    return opmFile(name, root);
  } finally {
    rmSync(root, { recursive: true, force: true });
  }
}
const MODULE = 'Frontend::Module###AdminOAuth2TokenManagement';
/**
 * The groups that the helpdesk itself checks: `admin|users` for Group and GroupRo; `none` where no module is
 * registered.
 */
const deployedGroups = () =>
  perl(`my $Module = $Kernel::OM->Get('Kernel::Config')->Get('Frontend::Module')->{AdminOAuth2TokenManagement};
    print $Module ? join '|', map { join ',', @{ $Module->{$_} // [] } } qw(Group GroupRo) : 'none';`);
const CLOSED = 'oauth2-sidecar-nobody|oauth2-sidecar-nobody';
const setOwnGroups = (group: string, groupRo: string) =>
  perl(`my $S = $Kernel::OM->Get('Kernel::System::SysConfig');
    my %Old = $S->SettingGet( Name => '${MODULE}' );
    my %Value = ( %{ $Old{EffectiveValue} }, Group => ['${group}'], GroupRo => ['${groupRo}'] );
    $S->SettingsSet( UserID => 1, Comments => 'test', Settings => [ { Name => '${MODULE}', EffectiveValue => \\%Value, IsValid => 1 } ] ) || die;`);
const installed = async (): Promise<string[]> =>
  [...(await console('Admin::Package::List')).matchAll(/Name:\s+(\S+)\s+\| Version:\s+(\S+)/g)].map(
    ([, name, number]) => `${name} ${number}`,
  );
const missingFiles = (): string[] =>
  packageFiles(ROOT)
    .filter(({ location, content }) => {
      const file = path.join(lab.home, location);
      return !existsSync(file) || !readFileSync(file).equals(content);
    })
    .map(({ location }) => location);
/** Name -> whether it is enabled, for settings that our file defines; others keep their own file. */
const definedBy = async (like: string): Promise<string[]> =>
  (
    await databaseRows(
      `SELECT name, is_valid, xml_filename FROM sysconfig_default WHERE name LIKE '${like}' ORDER BY name`,
    )
  ).map((row) => row.join(' '));
const settingValue = async (name: string): Promise<string> =>
  (await console('Admin::Config::Read', '--setting-name', name)).replace(/Done\.\s*$/, '').trim();

/** The number of our scripts on an agent's page. The web server's processes take in a new configuration within seconds. */
async function ownScripts(): Promise<number> {
  const agent = await session(CREDENTIALS.agent);
  const page = await (await agent.get('Action=AgentDashboard')).text();
  const sources = [...page.matchAll(/src="(\/otrs-web\/js\/[^"]+)"/g)].map(([, source = '']) => source);
  const texts = await Promise.all(
    sources.map(async (source) => (await fetch(new URL(source, lab.urls.helpdesk))).text()),
  );
  return texts.filter((text) => text.includes('data-oauth2-sidecar-bar')).length;
}

describe('the add-on in the genuine package manager', () => {
  after(async () => {
    if ((await installed()).length > 0) await console('Admin::Package::Uninstall', 'OAuth2Sidecar');
    await console('Admin::Package::Install', opmFile(version));
    // A process of the web server that still has the built-in bar would add rows for the next test's configurations.
    await stopServer(lab, 'apache');
    await startApache(lab);
    // Files that the package manager keeps because they differ from the package.
    for (const { location } of packageFiles(ROOT))
      rmSync(path.join(lab.home, `${location}.custom_backup`), { force: true });
  });

  it('installed the settings of the helpdesk in these tests', async () => {
    expect(await installed()).to.deep.equal([`OAuth2Sidecar ${version}`]);
    expect(missingFiles()).to.deep.equal([]);
    expect(await definedBy(BUILT_IN_BAR)).to.deep.equal([`${BUILT_IN_BAR} 0 OAuth2Sidecar.xml`]);
  });

  it('leaves right and tile to a helpdesk that has its own, and gives them to one that has none', async () => {
    const file = usesTokens ? 'Znuny.xml' : 'OAuth2SidecarScreen.xml';
    expect(await definedBy('Frontend::%Module###AdminOAuth2TokenManagement')).to.deep.equal([
      `Frontend::Module###AdminOAuth2TokenManagement 1 ${file}`,
      `Frontend::NavigationModule###AdminOAuth2TokenManagement 1 ${file}`,
    ]);
  });

  it('shows each setting in System Configuration with a description', async () => {
    const rows = await databaseRows(
      `SELECT name, navigation, CHAR_LENGTH(description) FROM sysconfig_default WHERE name LIKE 'OAuth2Sidecar::%'`,
    );
    expect(rows.length).to.be.greaterThan(4);
    const group = (name = '') =>
      name.startsWith('OAuth2Sidecar::Alert::') ? 'Core::OAuth2Sidecar::Alert' : 'Core::OAuth2Sidecar';
    for (const [name, navigation, described] of rows) {
      expect([name, navigation]).to.deep.equal([name, group(name)]);
      expect(Number(described), name).to.be.greaterThan(30);
    }
    // As the screen lists what stands under a group.
    const listed = await perl(`my $S = $Kernel::OM->Get('Kernel::System::SysConfig');
      print join ',', map { scalar $S->ConfigurationListGet( Navigation => $_ ) } qw(Core::OAuth2Sidecar Core::OAuth2Sidecar::Alert);`);
    const count = (wanted: string) => rows.filter(([name]) => group(name) === wanted).length;
    expect(listed.trim()).to.equal(
      ['Core::OAuth2Sidecar', 'Core::OAuth2Sidecar::Alert'].map(count).join(','),
    );
  });

  it('closes the built-in module to everybody, and no change of its groups opens it', async () => {
    expect(await deployedGroups()).to.equal(CLOSED);
    await setOwnGroups('admin', 'users');
    expect(await deployedGroups()).to.equal(CLOSED);
    // The two settings that close it are read-only.
    const tried = await perl(`my $S = $Kernel::OM->Get('Kernel::System::SysConfig');
      print $S->SettingsSet( UserID => 1, Comments => 'test', Settings => [ { Name => '${MODULE}###Group', EffectiveValue => ['admin'], IsValid => 1 } ] ) ? 'set' : 'refused';`);
    expect([tried.trim(), await deployedGroups()]).to.deep.equal(['refused', CLOSED]);
  });

  it('keeps what the admin has set during an upgrade', async () => {
    await setSettings(lab, [{ name: LEAD, value: '33' }]);
    await console('Admin::Package::Upgrade', opmFile('900.0.0'));
    expect(await installed()).to.deep.equal(['OAuth2Sidecar 900.0.0']);
    expect(await settingValue(LEAD)).to.match(/\b33\b/);
  });

  it('brings back a lost file when it is reinstalled', async () => {
    rmSync(path.join(lab.home, 'var/httpd/htdocs/js/OAuth2Sidecar.js'));
    expect(missingFiles()).to.deep.equal(['var/httpd/htdocs/js/OAuth2Sidecar.js']);
    await console('Admin::Package::Reinstall', 'OAuth2Sidecar');
    expect(missingFiles()).to.deep.equal([]);
  });

  it('leaves neither file nor setting when removed, and the built-in bar is on again', async () => {
    await setOwnGroups('admin', 'users');
    await console('Admin::Package::Uninstall', 'OAuth2Sidecar');
    expect(await installed()).to.deep.equal([]);
    expect(missingFiles()).to.deep.equal(packageFiles(ROOT).map(({ location }) => location));
    expect(await definedBy('%OAuth2Sidecar%')).to.deep.equal([]);
    expect(await definedBy(BUILT_IN_BAR)).to.deep.equal(usesTokens ? [`${BUILT_IN_BAR} 1 Znuny.xml`] : []);
    // What the admin has set meanwhile applies to the built-in module again.
    expect(await deployedGroups()).to.equal(usesTokens ? 'admin|users' : 'none');
    await until('a page without our script', async () => (await ownScripts()) === 0);
  });

  itWithTokens('lets the built-in screens and the built-in callback answer again when removed', async () => {
    const port = await startPlainApache(lab);
    try {
      const admin = await session(CREDENTIALS.admin, `http://127.0.0.1:${port}/otrs/index.pl`);
      const page = await (await admin.get('Action=AdminOAuth2TokenManagement')).text();
      expect(page).to.contain('name="OverwriteExistingTokenConfigurations"');
      const callback = await fetch(
        `http://127.0.0.1:${port}/otrs/get-oauth2-token-by-authorization-code.pl?state=x`,
        { headers: { Cookie: `OTRSAgentInterface=${admin.id}` } },
      );
      expect(await callback.text()).to.contain('Authorization code parameters not found.');
    } finally {
      await stopServer(lab, 'apache-plain');
    }
  });

  it('can be missing: the screens still answer, with the settings as shipped, unless they were its own', async () => {
    const admin = await session(CREDENTIALS.admin);
    const page = await admin.get('Action=AdminOAuth2TokenManagement');
    expect(page.status).to.equal(usesTokens ? 200 : 403);
    if (usesTokens) expect(await page.text()).to.match(/ConnectMailbox|ConnectionChecks/);
  });

  it("closes the built-in module when upgraded from a version that left it open, and keeps the admin's groups", async () => {
    await console('Admin::Package::Install', earlierOpm());
    await setOwnGroups('admin', 'stats');
    expect(await deployedGroups()).to.equal('admin|stats');
    await console('Admin::Package::Upgrade', opmFile(version));
    expect(await deployedGroups()).to.equal(CLOSED);
    const admin = await session(CREDENTIALS.admin);
    await until('the admin is let in', async () => (await admin.get('Action=AdminOAuth2TokenManagement')).ok);
    await console('Admin::Package::Uninstall', 'OAuth2Sidecar');
    expect(await deployedGroups()).to.equal(usesTokens ? 'admin|stats' : 'none');
    await databaseRows(`DELETE FROM sysconfig_modified_version WHERE name = '${MODULE}'`);
    await databaseRows(`DELETE FROM sysconfig_modified WHERE name = '${MODULE}'`);
    await console('Maint::Cache::Delete');
    await console('Maint::Config::Rebuild');
    expect(await deployedGroups()).to.equal(usesTokens ? 'admin|' : 'none');
  });

  it('closes it as well when reinstalled from a file with the same number', async () => {
    await console('Admin::Package::Install', earlierOpm(version));
    expect(await deployedGroups()).to.equal('admin|');
    // As `znuny-oauth2 install` does where the number is the same and the files are not.
    await console('Admin::Package::Reinstall', opmFile(version));
    expect(await deployedGroups()).to.equal(CLOSED);
    expect(missingFiles()).to.deep.equal([]);
    await console('Admin::Package::Uninstall', 'OAuth2Sidecar');
    expect(await deployedGroups()).to.equal(usesTokens ? 'admin|' : 'none');
  });

  it('puts the script on every page and switches the built-in bar off when installed again', async () => {
    await console('Admin::Package::Install', opmFile(version));
    expect(missingFiles()).to.deep.equal([]);
    expect(await definedBy(BUILT_IN_BAR)).to.deep.equal([`${BUILT_IN_BAR} 0 OAuth2Sidecar.xml`]);
    expect(await settingValue(LEAD)).to.match(/\b10\b/);
    await until('our script on the page', async () => (await ownScripts()) === 1);
  });
});
