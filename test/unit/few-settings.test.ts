import { mkdirSync, mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import path from 'node:path';
import { expect } from 'chai';
import { readConfigPm } from '../../plugin/config/config-pm.js';
import { assemble } from '../../sysconfig/assemble.js';
import { deployedSettings } from '../../sysconfig/deployed-settings.js';
import { createFewSettingsReader, fewSettings } from '../../sysconfig/few-settings.js';

const DEPLOYED = `package Kernel::Config::Files::ZZZAAuto;
sub Load {
    my ($File, $Self) = @_;
$Self->{'Aaa'} =  'a text with $Self->{\\'OTRSTimeZone\\'} = in it
and a second line';
$Self->{'OTRSTimeZone'} =  'Europe/Berlin';
$Self->{'Zzz'} =  {
  'x' => 'y'
};
    return;
}
1;
`;
const CONFIG_PM = `package Kernel::Config;
sub Load {
    my $Self = shift;
    # require OTRSTimeZone: a comment says nothing
    $Self->{DatabaseHost} = 'db1';
    $Self->{Database} = 'otrs';
    $Self->{DatabaseUser} = 'otrs';
    $Self->{DatabasePw} = 'pw';
    $Self->{DatabaseDSN} = "DBI:mysql:database=$Self->{Database};host=$Self->{DatabaseHost}";
    MORE
    return 1;
}
1;
`;
const DEFAULTS = `package Kernel::Config::Defaults;
sub LoadDefaults {
    my $Self = shift;
    $Self->{DatabaseHost} = 'localhost';
    $Self->{DatabasePw} = 'shipped';
    $Self->{OnlyShipped} = 'shipped';
#    $Self->{NeverShipped} = 'an example';
}
1;
`;

describe('a few settings without the whole configuration', () => {
  let home: string;
  const write = (more: string, source = CONFIG_PM) =>
    writeFileSync(path.join(home, 'Kernel/Config.pm'), source.replace('MORE', more));
  beforeEach(() => {
    home = mkdtempSync(path.join(tmpdir(), 'few-settings-'));
    mkdirSync(path.join(home, 'Kernel/Config/Files'), { recursive: true });
    writeFileSync(path.join(home, 'Kernel/Config/Defaults.pm'), DEFAULTS);
    write('');
  });
  afterEach(() => rmSync(home, { recursive: true }));

  const few = (...names: string[]) => fewSettings(home, DEPLOYED, names);

  it('are the same as in the whole', () => {
    const scope = few('OTRSTimeZone', 'Absent', 'NeverShipped');
    expect(scope?.settings.OTRSTimeZone).to.equal('Europe/Berlin');
    expect(Object.keys(scope?.settings ?? {})).to.deep.equal(['OTRSTimeZone']);
    expect(deployedSettings(assemble(home, DEPLOYED), 1).get('OTRSTimeZone')).to.equal('Europe/Berlin');
  });

  for (const [what, more] of [
    ['names it', "$Self->{OTRSTimeZone} = 'UTC';"],
    ['could change any', "my $Key = 'OTRSTime' . 'Zone'; $Self->{$Key} = 'UTC';"],
    ['loads another file', "require '/etc/otrs/more.pm';"],
    ['goes through all', 'for my $Name (sort keys %{$Self}) { 1; }'],
  ] as const)
    it(`are left to the whole where Config.pm ${what}`, () => {
      write(more);
      expect(few('OTRSTimeZone')).to.equal(null);
    });

  it('are left to the whole where another file or the shipped defaults name one', () => {
    expect(few('OnlyShipped')).to.equal(null);
    writeFileSync(
      path.join(home, 'Kernel/Config/Files/ZZZSite.pm'),
      "sub Load { $_[1]->{OTRSTimeZone} = 'UTC'; }",
    );
    expect(few('OTRSTimeZone')).to.equal(null);
  });

  it('the reader asks the whole where it must, and refuses what it was not made for', async () => {
    const deployed = { id: 3, text: DEPLOYED };
    let asked = 0;
    const whole = async () => ({
      current: async () => {
        asked++;
        return deployedSettings(assemble(home, DEPLOYED), 3);
      },
    });
    const quick = await createFewSettingsReader({ deployed, home, whole }, ['OTRSTimeZone']).current();
    expect([quick.text('OTRSTimeZone'), asked]).to.deep.equal(['Europe/Berlin', 0]);
    expect(() => quick.text('FQDN')).to.throw(TypeError);
    write("$Self->{OTRSTimeZone} = 'Asia/Tokyo';");
    const slow = await createFewSettingsReader({ deployed, home, whole }, ['OTRSTimeZone']).current();
    expect([slow.text('OTRSTimeZone'), asked]).to.deep.equal(['Asia/Tokyo', 1]);
  });

  it('credentials need the shipped defaults only where Config.pm leaves something out', () => {
    expect(readConfigPm(home).database).to.include({ host: 'db1', password: 'pw' });
    rmSync(path.join(home, 'Kernel/Config/Defaults.pm'));
    expect(readConfigPm(home).database).to.include({ host: 'db1', password: 'pw' });
    writeFileSync(path.join(home, 'Kernel/Config/Defaults.pm'), DEFAULTS);
    write('', CONFIG_PM.replace("    $Self->{DatabasePw} = 'pw';\n", ''));
    expect(readConfigPm(home).database).to.include({ host: 'db1', password: 'shipped' });
    write('', CONFIG_PM.replace("    $Self->{DatabaseHost} = 'db1';\n", ''));
    expect(readConfigPm(home).database).to.include({ password: 'pw', host: '127.0.0.1' });
  });
});
