import { readFileSync, rmSync, writeFileSync } from 'node:fs';
import path from 'node:path';
import { apacheRules } from '../../plugin/helpdesk/apache-rules.js';
import { rulesOf, startSite, WANTED_MODULES } from './apache.js';
import type { Instance } from './instance.js';
import { giveToLabUser } from './lab-user.js';
import { channelRules } from './sidecar-channel.js';

/** How Apache runs the helpdesk's Perl. */
export type Engine = 'mod_perl' | 'CGI';

/** The scripts under further addresses, as sites have them. */
const furtherNames = ({ home }: Instance): string => `ScriptAlias /znuny "${home}/bin/cgi-bin/"
ScriptAlias /cgi-bin "${home}/bin/cgi-bin/"
<IfModule mod_perl.c>
  <Location /znuny>
    SetHandler perl-script
    PerlResponseHandler ModPerl::Registry
    Options +ExecCGI
    PerlOptions +ParseHeaders +SetupEnv
    Require all granted
  </Location>
</IfModule>
<IfModule mod_access_compat.c>
  # As at a site that lets in by address or by log-in, and guesses the ends of names.
  <Location /otrs>
    Options +MultiViews
    Allow from all
    Satisfy Any
  </Location>
</IfModule>
<Directory "${home}">
  Require all granted
</Directory>
`;

/**
 * The helpdesk behind the Apache configuration that its package ships, with our rules.
 * @param ports of the server, of the sidecar, and of the internal listener
 */
export async function startShippedSite(
  of: Instance,
  engine: Engine,
  { port, sidecarPort, framePort }: { port: number; sidecarPort: number; framePort: number },
): Promise<string> {
  const name = `apache-shipped-${engine}`;
  const shipped = readFileSync(path.join(of.home, 'scripts/apache2-httpd.include.conf'), 'utf8');
  const rules = apacheRules({ ...rulesOf(of), ...channelRules(of, sidecarPort), framePort });
  const site = `${shipped.replaceAll('/usr/share/otrs', of.home)}
${furtherNames(of)}
${rules}`;
  const modules = WANTED_MODULES.filter((module) => module !== 'perl' || engine === 'mod_perl');
  await startSite(of, name, port, site, [...modules, 'cgi', 'access_compat', 'negotiation']);
  return name;
}

/** The add-on closes the built-in module; a file of the helpdesk's own configuration opens it. @returns closes it again */
export function openBuiltIn(of: Instance): () => void {
  const file = path.join(of.home, 'Kernel/Config/Files/ZZZOpenBuiltIn.pm');
  writeFileSync(
    file,
    `package Kernel::Config::Files::ZZZOpenBuiltIn;
sub Load {
    my ( $File, $Self ) = @_;
    $Self->{'Frontend::Module'}->{'AdminOAuth2TokenManagement'}->{'Group'} = ['admin'];
}
1;
`,
  );
  giveToLabUser(file);
  return () => rmSync(file, { force: true });
}
