import { spawnSync } from 'node:child_process';
import { cpSync, mkdirSync, mkdtempSync, readdirSync, rmSync, symlinkSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import path from 'node:path';
import { createPerlSettings } from '../../plugin/config/perl-settings.js';
import type { SettingsSource } from '../../plugin/config/setting-values.js';
import { createHelpdeskPerl } from '../../plugin/helpdesk/perl.js';
import { goldenHome } from '../lab/golden.js';
import { IS_POSTGRES } from '../support/database.js';
import { giveHelpdesk } from '../support/helpdesk-owner.js';
import { lab } from '../support/instance.js';

export interface PrivateHome {
  home: string;
  /** Its settings, as the sidecar reads them. */
  settings: SettingsSource;
  /** Writes Kernel/Config.pm with the credentials and these further statements. */
  writeConfigPm(statements?: string): void;
  /**
   * Runs statements in the genuine helpdesk's Perl and returns the last value by way of JSON. `$OM` is the object
   * manager, `$Self` the helpdesk's configuration.
   */
  perl<T>(statements: string): T;
  remove(): void;
}

/**
 * A separate helpdesk on a scratch database: it links to the genuine program, but has its own Config.pm, its own folder
 * of deployed settings and its own caches. Nothing that happens here reaches the lab's helpdesk.
 */
export function privateHome(address: {
  host: string;
  port: number;
  user: string;
  password: string;
  database: string;
}): PrivateHome {
  const home = mkdtempSync(path.join(tmpdir(), 'helpdesk-home-'));
  const link = (folder: string, except: string[]): void => {
    mkdirSync(path.join(home, folder), { recursive: true });
    for (const name of readdirSync(path.join(lab.home, folder)))
      if (!except.includes(name))
        symlinkSync(path.join(lab.home, folder, name), path.join(home, folder, name));
  };
  link('.', ['Kernel', 'var', 'RELEASE']);
  link('Kernel', ['Config', 'Config.pm']);
  link('var', ['tmp', 'log']);
  // As prepared, like the rows of a scratch database: other tests may have deployed settings meanwhile.
  for (const copy of ['Kernel/Config', 'RELEASE'])
    cpSync(path.join(goldenHome(lab), copy), path.join(home, copy), { recursive: true });
  for (const folder of ['var/tmp', 'var/log']) mkdirSync(path.join(home, folder));

  const writeConfigPm = (statements = ''): void =>
    writeFileSync(
      path.join(home, 'Kernel/Config.pm'),
      `package Kernel::Config;
use strict; use warnings; use utf8;
sub Load {
    my $Self = shift;
    $Self->{DatabaseHost} = '${address.host}';
    $Self->{Database} = '${address.database}';
    $Self->{DatabaseUser} = '${address.user}'; # 'comment'
    $Self->{DatabasePw} = q{${address.password}};
    $Self->{DatabaseDSN} = "DBI:${IS_POSTGRES ? 'Pg:dbname' : 'mysql:database'}=$Self->{Database};host=$Self->{DatabaseHost};port=${address.port};";
    $Self->{Home} = '${home}';
${statements}
    return 1;
}
use Kernel::Config::Defaults;
use parent qw(Kernel::Config::Defaults);
1;
`,
    );
  writeConfigPm();
  giveHelpdesk(home);

  return {
    home,
    settings: createPerlSettings(home, createHelpdeskPerl(home, { PATH: process.env.PATH ?? '' })),
    writeConfigPm,
    perl<T>(statements: string): T {
      const source = PERL.replace('STATEMENTS', () => statements);
      const { stdout, stderr, status } = spawnSync('perl', ['-', home], {
        input: source,
        encoding: 'utf8',
        timeout: 60_000,
      });
      const [, json] = /\nANSWER (.*)\n/.exec(stdout) ?? [];
      if (status !== 0 || json === undefined) throw new Error(`Perl failed: ${stderr}\n${stdout}`);
      return JSON.parse(json) as T;
    },
    remove: () => rmSync(home, { recursive: true, force: true }),
  };
}

const PERL = String.raw`use strict; use warnings; use utf8;
my $Home;
BEGIN { $Home = $ARGV[0]; unshift @INC, "$Home/Custom", "$Home/Kernel/cpan-lib", $Home; }
use Kernel::System::ObjectManager;
use JSON::PP ();
local $Kernel::OM = Kernel::System::ObjectManager->new( 'Kernel::System::Log' => { LogPrefix => 'test' } );
my $OM = $Kernel::OM;
my $Self = $OM->Get('Kernel::Config');
# Scalars as text, because Perl makes no difference between 1 and '1'.
sub Plain {
    my $Value = shift;
    return { map { $_ => Plain( $Value->{$_} ) } keys %{$Value} } if ref $Value eq 'HASH';
    return [ map { Plain($_) } @{$Value} ] if ref $Value eq 'ARRAY';
    return defined $Value ? "$Value" : undef;
}
my $Answer = do {
STATEMENTS
};
print "\nANSWER " . JSON::PP->new->ascii->canonical->allow_nonref->encode( Plain($Answer) ) . "\n";
`;
