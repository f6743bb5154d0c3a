import { helpdeskConsole, helpdeskPerl, perlText, setSettings } from './helpdesk.js';
import { CREDENTIALS, type Instance } from './instance.js';

/** What differs between two helpdesks of a release. */
const ofInstance = (of: Instance) => [
  { name: 'FQDN', value: `127.0.0.1:${of.ports.apache}` },
  // Helpdesks with the same number share a log in memory, and a character that one writes there can stop another's
  // programs.
  // Three digits at most: the key of that memory is a number of 32 bits that begins with 444423.
  { name: 'SystemID', value: Math.floor(of.ports.apache / 10) % 1000 },
];

/** Makes the copy of another helpdesk that was set up one of its own. */
export const distinguishHelpdesk = (of: Instance): Promise<void> => setSettings(of, ofInstance(of));

/** Makes a freshly unpacked helpdesk usable: settings, log-ins. */
export async function setUpHelpdesk(of: Instance): Promise<void> {
  await helpdeskConsole(of, ['Maint::Config::Rebuild']);
  await setSettings(of, [
    ...ofInstance(of),
    // The lab has no name server and sends no mail to the world.
    { name: 'CheckMXRecord', value: 0 },
    { name: 'CloudServices::Disabled', value: 1 },
    { name: 'DashboardBackend###0000-ProductNotify', valid: false },
    { name: 'DashboardBackend###0405-News', valid: false },
  ]);
  await addUsers(of);
}

async function addUsers(of: Instance): Promise<void> {
  const { root, admin, agent } = CREDENTIALS;
  const done = await helpdeskPerl(
    of,
    `my $User  = $Kernel::OM->Get('Kernel::System::User');
     my $Group = $Kernel::OM->Get('Kernel::System::Group');
     my $Add   = sub {
         my ( $Login, $First, $Last, $Permissions ) = @_;
         my $ID = $User->UserAdd(
             UserFirstname => $First, UserLastname => $Last, UserLogin => $Login, UserPw => $Login,
             UserEmail => "$Login\\@example.test", ValidID => 1, ChangeUserID => 1,
         ) || die "no user $Login";
         for my $Name ( sort keys %{$Permissions} ) {
             $Group->PermissionGroupUserAdd(
                 GID => $Group->GroupLookup( Group => $Name ), UID => $ID,
                 Permission => $Permissions->{$Name}, UserID => 1,
             ) || die "no group $Name";
         }
         return $ID;
     };
     $User->SetPassword( UserLogin => ${perlText(root.login)}, PW => ${perlText(root.password)} ) || die 'password';
     $Add->( ${perlText(agent.login)}, 'Andrea', 'Agent', { users => { rw => 1 } } );
     my $Admin = $Add->( ${perlText(admin.login)}, 'Olivia', 'Admin', { users => { rw => 1 }, admin => { rw => 1 } } );
     $User->SetPreferences( UserID => $Admin, Key => 'UserTimeZone', Value => 'Europe/Berlin' );
     print 'done';`,
  );
  if (done !== 'done') throw new Error('The log-ins of the lab could not be added.');
}
