import { CALLBACK } from '../domain/redirect-uri.js';
import { anySpelling } from './any-spelling.js';
import { SCREEN_ACTION } from './names.js';
import { aliasOf, escaped, pageOf } from './rule-values.js';

export interface ApacheRulesOptions {
  /** SysConfig `ScriptAlias`; slashes at both ends may be there or not. */
  scriptAlias: string;
  /** Where the sidecar listens, on 127.0.0.1. */
  sidecarPort: number;
  /** Where the sidecar fetches the helpdesk's page around its screens, on 127.0.0.1. Default: the port after the sidecar's. */
  framePort?: number;
  /**
   * File with the helpdesk's own Apache configuration, absolute. Needed where that stands inside of a <VirtualHost>: the
   * sidecar's door sees only what stands at server level.
   */
  include?: string;
  /** The helpdesk's folder under each name that Apache may use for it: with and without symbolic links resolved. */
  homes: string[];
  /** What is shown while the sidecar does not answer; see away-page.ts. */
  awayPage: string[];
  /**
   * Names under which this helpdesk is reached, without a port. Needed where another one has the same ScriptAlias at the
   * same web server, each in a virtual host of its own.
   */
  hosts?: string[];
}

/** Path at the frame port that answers with the address the web server sees; no Perl runs for it. */
export const PROBE_PATH = '/oauth2-sidecar-probe';
/** Tells the sidecar the browser's address, and the helpdesk the same one when the sidecar asks it. */
export const CLIENT_HEADER = 'X-OAuth2-Sidecar-Client';
/** The address that the web server, and so the helpdesk, sees; sent by the frame port only. */
export const SEEN_HEADER = 'X-OAuth2-Sidecar-Seen';

/** A name that may stand in the rules, or an IPv4 address. */
export const isHost = (text: string): boolean => /^[\w-]+(\.[\w-]+)*$/.test(text);

const isPath = (text: string): boolean => /^\/[^"'\\\p{Cc}]+$/u.test(text);

/** Default of `framePort`; the sidecar and the web server come to the same number without being told. */
export const defaultFramePort = (sidecarPort: number): number => sidecarPort + 1;

/**
 * The rules for Apache 2.4 with mod_perl or CGI, at server level (Debian: a file in conf-available), beside the helpdesk's
 * own file. Modules: rewrite, proxy, proxy_http, headers, remoteip.
 *
 * The first part hands one Action and the callback to the sidecar, in every virtual host. Which spellings of the Action it
 * recognises is a matter of convenience: to all others the helpdesk itself answers, and refuses, because the add-on has
 * closed the built-in module (sysconfig/definitions). The second part closes the built-in script for the callback, judged by
 * the file that Apache has found and not by the address that led there.
 *
 * The third is a listener of its own on loopback through which the sidecar fetches the page around its screens: there, and
 * only there, the web server believes the address in our header, so an existing RemoteIPHeader of the site stays as it is.
 *
 * @throws RangeError for values that cannot stand in a configuration file
 */
export function apacheRules({
  scriptAlias,
  sidecarPort,
  framePort,
  include,
  homes,
  awayPage,
  hosts = [],
}: ApacheRulesOptions): string {
  const alias = aliasOf(scriptAlias);
  const door = framePort ?? defaultFramePort(sidecarPort);
  for (const port of [sidecarPort, door]) {
    if (!Number.isInteger(port) || port < 1 || port > 65535)
      throw new RangeError('A port is a number from 1 to 65535');
  }
  if (include !== undefined && !isPath(include))
    throw new RangeError('The file to include needs an absolute path without quotes');
  if (homes.length === 0 || !homes.every(isPath))
    throw new RangeError("The helpdesk's folder needs an absolute path without quotes");
  for (const host of hosts) if (!isHost(host)) throw new RangeError(`"${host}" is no name of a host`);
  const names = hosts.map(escaped).join('|');
  const onlyHere = hosts.length === 0 ? '' : `  RewriteCond %{HTTP_HOST} ^(${names})(:[0-9]+)?$ [NC]\n`;
  const callback = `/${alias}/${CALLBACK}`;
  const isOurs = `%{REQUEST_URI} == '${callback}'${hosts.length === 0 ? '' : ` && %{HTTP_HOST} =~ m#^(?:${names})(?::[0-9]+)?$#i`}`;
  const builtIn = `^(?:${homes.map(escaped).join('|')})/+bin/(?:cgi|fcgi)-bin/+${escaped(CALLBACK)}`;
  const away = [502, 503, 504]
    .map((status) => `  ErrorDocument ${status} '\${OAUTH2_SIDECAR_AWAY}'\n`)
    .join('');
  const sidecar = `http://127.0.0.1:${sidecarPort}`;
  const pattern = escaped(alias);
  return `# Hands the OAuth2 screens of the helpdesk to the sidecar. Needs: a2enmod rewrite proxy proxy_http headers remoteip

# What is shown while the sidecar does not answer.
Define OAUTH2_SIDECAR_AWAY '${pageOf(awayPage).join('')}'

# In <Location> sections, because every virtual host takes those over; rewrite rules of the server none does by itself.
# Before these rules come those of a file that is read earlier: that of another helpdesk with the same ScriptAlias.
<LocationMatch "^/${pattern}/index\\.pl$">
  Options +FollowSymLinks
  RewriteEngine On
  RewriteOptions InheritBefore
${onlyHere}  RewriteCond %{QUERY_STRING} (^|[;&])${anySpelling('Action')}=${anySpelling(SCREEN_ACTION)}([;&]|$)
  RewriteRule ^ ${sidecar}/${alias}/index.pl [P]
  ProxyErrorOverride Off
${away}</LocationMatch>
<LocationMatch "^${escaped(callback)}$">
  Options +FollowSymLinks
  RewriteEngine On
  RewriteOptions InheritBefore
${onlyHere}  RewriteRule ^ ${sidecar}${callback} [P]
  ProxyErrorOverride Off
${away}</LocationMatch>

# The built-in script for the callback, however its address is spelled and whatever it is called: sections of this kind are
# read last, and judge the file that was found.
<If "%{REQUEST_FILENAME} =~ m#${builtIn}# && !(${isOurs})">
  Require all denied
  <IfModule mod_access_compat.c>
    # A site that says "Satisfy Any" would let in whoever it allows by address.
    Satisfy All
  </IfModule>
  ErrorDocument 403 'Closed by the OAuth2 sidecar: this address answers only as it is registered at the provider.'
</If>

# No connection is kept: one that the sidecar closes at the wrong moment would show as an error.
<Proxy "${sidecar}">
  ProxySet disablereuse=On connectiontimeout=3 timeout=90 retry=0
</Proxy>

# The browser's address as the web server sees it; what a browser sends under this name is replaced.
<Location "/${alias}">
  RequestHeader set ${CLIENT_HEADER} "expr=%{REMOTE_ADDR}"
</Location>

# The sidecar's own door to the helpdesk.
Listen 127.0.0.1:${door}
<VirtualHost 127.0.0.1:${door}>
  ServerName oauth2-sidecar.localhost
${include === undefined ? '' : `  Include "${include}"\n`}  RemoteIPHeader ${CLIENT_HEADER}
  RemoteIPInternalProxy 127.0.0.1
  Header always set ${SEEN_HEADER} "expr=%{REMOTE_ADDR}"
  RewriteEngine On
  RewriteRule ^${PROBE_PATH}$ - [R=204,L]
  # With HTTPSForceRedirect the helpdesk answers nothing but a redirect where this is missing.
  SetEnv HTTPS on
</VirtualHost>
`;
}
