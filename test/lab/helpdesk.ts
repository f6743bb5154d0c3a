import { SETTINGS_MAX_AGE } from '../../sysconfig/settings-reader.js';
import { exec } from './exec.js';
import type { Instance } from './instance.js';
import { pause } from './ports.js';

/** What deploys settings, as the helpdesk's own modules and commands are named. */
const DEPLOYS =
  /\b(ConfigurationDeploy|SettingsSet|Admin::Config::Update|Maint::Config::Rebuild|Admin::Package::\w+)\b/;

/**
 * Waits until a running sidecar reads the settings again: what it read just before the deployment stays in use for
 * that long, and a test that goes on at once would now and then meet the old ones.
 */
async function settled(code: string, output: Promise<string>): Promise<string> {
  const done = await output;
  if (DEPLOYS.test(code)) await pause(2 * SETTINGS_MAX_AGE);
  return done;
}

/** Runs `bin/otrs.Console.pl` of the instance's helpdesk. @returns its output */
export function helpdeskConsole(of: Instance, args: string[]): Promise<string> {
  const output = exec('perl', ['bin/otrs.Console.pl', ...args], { cwd: of.home, asLabUser: true });
  return settled(args.join(' '), output);
}

/**
 * Runs Perl with the helpdesk's object manager in `$Kernel::OM`.
 * @returns what the code prints, UTF-8
 */
export function helpdeskPerl(of: Instance, code: string): Promise<string> {
  const around = `
    use strict; use warnings; use utf8; binmode STDOUT, ':encoding(UTF-8)';
    use Kernel::System::ObjectManager;
    local $Kernel::OM = Kernel::System::ObjectManager->new('Kernel::System::Log' => { LogPrefix => 'lab' });
    #line 1 "code"
    ${code}`;
  const paths = [of.home, `${of.home}/Kernel/cpan-lib`, `${of.home}/Custom`].flatMap((dir) => ['-I', dir]);
  return settled(code, exec('perl', [...paths, '-'], { cwd: of.home, asLabUser: true, input: around }));
}

/** A Perl literal of a text; safe for every content. */
export function perlText(text: string): string {
  return `'${text.replace(/[\\']/g, (sign) => `\\${sign}`)}'`;
}

/** Changes settings and deploys them at once, as an admin would on the SysConfig screen. */
export async function setSettings(
  of: Instance,
  settings: { name: string; value?: string | number | string[]; valid?: boolean }[],
): Promise<void> {
  const list = settings.map(({ name, value, valid = true }) => {
    const effective =
      value === undefined
        ? ''
        : `EffectiveValue => ${Array.isArray(value) ? `[${value.map(perlText).join(', ')}]` : perlText(String(value))},`;
    return `{ Name => ${perlText(name)}, ${effective} IsValid => ${valid ? 1 : 0} },`;
  });
  const done = await helpdeskPerl(
    of,
    `my $SysConfig = $Kernel::OM->Get('Kernel::System::SysConfig');
     my @Settings = (${list.join('\n')});
     for my $Setting (@Settings) {
         next if defined $Setting->{EffectiveValue};
         my %Old = $SysConfig->SettingGet( Name => $Setting->{Name} );
         $Setting->{EffectiveValue} = $Old{EffectiveValue};
     }
     print $SysConfig->SettingsSet( UserID => 1, Comments => 'lab', Settings => \\@Settings ) ? 'done' : 'failed';`,
  );
  if (done !== 'done')
    throw new Error(`The helpdesk did not take these settings: ${settings.map((s) => s.name)}`);
}
