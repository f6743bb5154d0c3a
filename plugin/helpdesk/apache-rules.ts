import { SCREEN_ACTION } from './names.js';

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

/** Default of `framePort`; the sidecar and the web server come to the same number without being told. */
export const defaultFramePort = (sidecarPort: number): number => sidecarPort + 1;

/**
 * The rules for Apache 2.4 with mod_perl, at server level (Debian: a file in conf-available), beside the helpdesk's
 * own file. Modules: rewrite, proxy, proxy_http, headers, remoteip.
 *
 * Two parts. The first hands one Action and the callback to the sidecar, in every virtual host. The second is a
 * door of its own on loopback through which the sidecar fetches the page around its screens: there, and only
 * there, the web server believes the address in our header, so an existing RemoteIPHeader of the site stays as it is.
 *
 * @throws RangeError for values that cannot stand in a configuration file
 */
export function apacheRules({
  scriptAlias,
  sidecarPort,
  framePort,
  include,
  hosts = [],
}: ApacheRulesOptions): string {
  const alias = scriptAlias.replace(/^\/+|\/+$/g, '');
  if (!/^[\w.~-]+(\/[\w.~-]+)*$/.test(alias))
    throw new RangeError('ScriptAlias holds characters that do not belong in a path');
  const door = framePort ?? defaultFramePort(sidecarPort);
  for (const port of [sidecarPort, door]) {
    if (!Number.isInteger(port) || port < 1 || port > 65535)
      throw new RangeError('A port is a number from 1 to 65535');
  }
  if (include !== undefined && !/^\/[^"\\\p{Cc}]+$/u.test(include))
    throw new RangeError('The file to include needs an absolute path without quotes');
  for (const host of hosts) if (!isHost(host)) throw new RangeError(`"${host}" is no name of a host`);
  const escaped = (text: string) => text.replace(/[.]/g, '\\.');
  const onlyHere =
    hosts.length === 0
      ? ''
      : `  RewriteCond %{HTTP_HOST} ^(${hosts.map(escaped).join('|')})(:[0-9]+)?$ [NC]\n`;
  const sidecar = `http://127.0.0.1:${sidecarPort}`;
  const pattern = escaped(alias);
  return `# Hands the OAuth2 screens of the helpdesk to the sidecar. Needs: a2enmod rewrite proxy proxy_http headers remoteip

# In <Location> sections, because every virtual host takes those over; rewrite rules of the server none does by itself.
# Before these rules come those of a file that is read earlier: that of another helpdesk with the same ScriptAlias.
<LocationMatch "^/${pattern}/index\\.pl$">
  Options +FollowSymLinks
  RewriteEngine On
  RewriteOptions InheritBefore
${onlyHere}  RewriteCond %{QUERY_STRING} (^|[;&])Action=${SCREEN_ACTION}([;&]|$)
  RewriteRule ^ ${sidecar}/${alias}/index.pl [P]
</LocationMatch>
<LocationMatch "^/${pattern}/get-oauth2-token-by-authorization-code\\.pl$">
  Options +FollowSymLinks
  RewriteEngine On
  RewriteOptions InheritBefore
${onlyHere}  RewriteRule ^ ${sidecar}/${alias}/get-oauth2-token-by-authorization-code.pl [P]
</LocationMatch>

# No connection is kept: one that the sidecar closes at the wrong moment would show as an error.
<Proxy "${sidecar}">
  ProxySet disablereuse=On connectiontimeout=3 timeout=90 retry=0
</Proxy>

# The browser's address as the web server sees it; what a browser sends under this name is replaced.
<Location "/${alias}">
  RequestHeader set ${CLIENT_HEADER} "expr=%{REMOTE_ADDR}"
  ErrorDocument 503 'The OAuth2 sidecar of the helpdesk does not answer. Start it, or let "znuny-oauth2 doctor" say what is wrong; then load this page again.'
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
