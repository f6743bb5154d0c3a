import { stat } from 'node:fs/promises';
import path from 'node:path';
import type { HelpdeskInspector } from '../domain/doctor/doctor-ports.js';
import { readRegularFile } from '../lib/regular-file.js';
import type { HelpdeskPerl } from './perl.js';

/**
 * Writes the answer to descriptor 3, because modules of a site may print on their own. Then kills the
 * process, so that nothing else runs.
 */
const ANSWER = `use JSON::PP (); open my $Out, '>&=', 3 or exit 9;
sub answer {
    my $Line = JSON::PP->new->ascii->allow_nonref->encode(shift) . "\\n";
    while ( length $Line ) { my $Written = syswrite $Out, $Line or last; substr $Line, 0, $Written, '' }
    kill KILL => $$;
}
`;
const OBJECTS = `${ANSWER}use Kernel::System::ObjectManager;
local $Kernel::OM = Kernel::System::ObjectManager->new('Kernel::System::Log' => { LogPrefix => 'oauth2-doctor' });
`;

async function ask(perl: HelpdeskPerl, code: string, args: string[] = []): Promise<unknown> {
  const { answer } = await perl(code, { args });
  if (answer === '') throw new Error("The helpdesk's Perl did not answer");
  return JSON.parse(answer);
}

/** The largest RELEASE file that is read, in bytes. */
const MAX_RELEASE = 64 * 1024;

/** @param home HELPDESK_HOME */
export function createHelpdeskInspector(home: string, perl: HelpdeskPerl): HelpdeskInspector {
  return {
    home,
    async release() {
      const text = await readRegularFile(path.join(home, 'RELEASE'), { maxBytes: MAX_RELEASE }).then(
        (content) => content.toString('utf8'),
        () => null,
      );
      const value = (name: string) => new RegExp(`^${name}\\s*=\\s*(.+?)\\s*$`, 'm').exec(text ?? '')?.[1];
      return text === null ? null : { product: value('PRODUCT') ?? '', version: value('VERSION') ?? '' };
    },
    configMode: () =>
      stat(path.join(home, 'Kernel/Config.pm')).then(
        ({ mode }) => mode & 0o777,
        () => null,
      ),
    async perlModules(names) {
      const code = `${ANSWER}my %Result;
        for my $Name (@ARGV) { eval "require $Name; 1" ? ( $Result{$Name} = '' ) : ( $Result{$Name} = ( split /\\n/, $@ )[0] || 'failed' ) }
        answer( \\%Result );`;
      if (!names.every((name) => /^\w+(::\w+)*$/.test(name))) throw new Error('No name of a Perl module');
      return (await ask(perl, code, names)) as Record<string, string>;
    },
    async smtpSignInFailure() {
      // Calls it as Kernel/System/Email/SMTP.pm does. Another module of that name (Authen::SASL from 2.1800
      // on) loads, but expects the token as `pass` and would sign in without one.
      const code = `${ANSWER}my $Text = eval {
          require Authen::SASL;
          Authen::SASL->new( mechanism => 'XOAUTH2', callback => { user => 'u', auth => 'Bearer', access_token => 't' } )
            ->client_new( 'smtp', 'localhost' )->client_start();
        };
        my $Failure = defined $Text ? ( $Text eq "user=u\\001auth=Bearer t\\001\\001" ? '' : 'no token in it' ) : ( split /\\n/, $@ || 'failed' )[0];
        answer($Failure);`;
      return String(await ask(perl, code));
    },
    async daemonRuns() {
      const code = `${OBJECTS}
        my $NodeID = $Kernel::OM->Get('Kernel::Config')->Get('NodeID') || 1;
        answer( $Kernel::OM->Get('Kernel::System::Cache')->Get( Type => 'DaemonRunning', Key => $NodeID ) ? 1 : 0 );`;
      return (await ask(perl, code)) === 1;
    },
    async tokenConfigNames() {
      // The method has one of two names.
      const code = `${OBJECTS}
        my $Configs = $Kernel::OM->Get('Kernel::System::OAuth2TokenConfig');
        my $List    = $Configs->can('DataListGet') || $Configs->can('ConfigGetList');
        answer( [ map { $_->{Name} } $Configs->$List( UserID => 1 ) ] );`;
      return (await ask(perl, code)) as string[];
    },
  };
}
