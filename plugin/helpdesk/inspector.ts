import { execFile } from 'node:child_process';
import { readFile, stat } from 'node:fs/promises';
import path from 'node:path';
import type { HelpdeskInspector } from '../domain/doctor-ports.js';

const TIMEOUT = 20_000;
const MAX_OUTPUT = 4 * 1024 * 1024;

/** Runs Perl in the helpdesk's own surroundings, as the owner of its files. Its programs look into Custom first. @param code reads its input from @ARGV */
async function perl(home: string, code: string, args: string[] = []): Promise<string> {
  const paths = ['Custom', 'Kernel/cpan-lib', home].flatMap((folder) => ['-I', path.resolve(home, folder)]);
  const { uid, gid } = await stat(home);
  const identity = process.getuid?.() === 0 ? { uid, gid } : {};
  return new Promise((resolve, reject) => {
    const options = { cwd: home, timeout: TIMEOUT, maxBuffer: MAX_OUTPUT, ...identity };
    execFile('perl', [...paths, '-e', code, ...args], options, (error, stdout) =>
      error ? reject(error) : resolve(stdout),
    );
  });
}

/** The result stands between marks: modules of a site may print on their own. */
const OBJECTS = `use Kernel::System::ObjectManager;
local $Kernel::OM = Kernel::System::ObjectManager->new('Kernel::System::Log' => { LogPrefix => 'oauth2-doctor' });
sub answer { print "\\n<<<", JSON::PP->new->ascii->allow_nonref->encode(shift), ">>>\\n" }
use JSON::PP ();
`;

function answerOf(printed: string): unknown {
  const [, json] = /<<<(.*)>>>/.exec(printed) ?? [];
  if (json === undefined) throw new Error("The helpdesk's Perl did not answer");
  return JSON.parse(json);
}

/** @param home HELPDESK_HOME */
export function createHelpdeskInspector(home: string): HelpdeskInspector {
  return {
    home,
    async release() {
      const text = await readFile(path.join(home, 'RELEASE'), 'utf8').catch(() => null);
      const value = (name: string) => new RegExp(`^${name}\\s*=\\s*(.+?)\\s*$`, 'm').exec(text ?? '')?.[1];
      return text === null ? null : { product: value('PRODUCT') ?? '', version: value('VERSION') ?? '' };
    },
    configMode: () =>
      stat(path.join(home, 'Kernel/Config.pm')).then(
        ({ mode }) => mode & 0o777,
        () => null,
      ),
    async perlModules(names) {
      const code = `use JSON::PP (); my %Result;
        for my $Name (@ARGV) { eval "require $Name; 1" ? ( $Result{$Name} = '' ) : ( $Result{$Name} = ( split /\\n/, $@ )[0] || 'failed' ) }
        print "\\n<<<", JSON::PP->new->ascii->encode(\\%Result), ">>>\\n";`;
      if (!names.every((name) => /^\w+(::\w+)*$/.test(name))) throw new Error('No name of a Perl module');
      return answerOf(await perl(home, code, names)) as Record<string, string>;
    },
    async smtpSignInFailure() {
      // As Kernel/System/Email/SMTP.pm calls it. Another module of that name (Authen::SASL from 2.1800 on) wants the token as
      // `pass`, can be loaded, and would sign in without a token.
      const code = `use JSON::PP (); my $Text = eval {
          require Authen::SASL;
          Authen::SASL->new( mechanism => 'XOAUTH2', callback => { user => 'u', auth => 'Bearer', access_token => 't' } )
            ->client_new( 'smtp', 'localhost' )->client_start();
        };
        my $Failure = defined $Text ? ( $Text eq "user=u\\001auth=Bearer t\\001\\001" ? '' : 'no token in it' ) : ( split /\\n/, $@ || 'failed' )[0];
        print "\n<<<", JSON::PP->new->ascii->allow_nonref->encode($Failure), ">>>\n";`;
      return String(answerOf(await perl(home, code)));
    },
    async daemonRuns() {
      const code = `${OBJECTS}
        my $NodeID = $Kernel::OM->Get('Kernel::Config')->Get('NodeID') || 1;
        answer( $Kernel::OM->Get('Kernel::System::Cache')->Get( Type => 'DaemonRunning', Key => $NodeID ) ? 1 : 0 );`;
      return answerOf(await perl(home, code)) === 1;
    },
    async tokenConfigNames() {
      const code = `${OBJECTS}
        my @List = $Kernel::OM->Get('Kernel::System::OAuth2TokenConfig')->DataListGet( UserID => 1 );
        answer( [ map { $_->{Name} } @List ] );`;
      return answerOf(await perl(home, code)) as string[];
    },
  };
}
