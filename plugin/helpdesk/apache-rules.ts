import { CALLBACK } from '../domain/consent/redirect-uri.js';
import { CLIENT_HEADER, SECRET_HEADER, type SidecarTarget } from '../domain/helpdesk/channel.js';
import { COMMON } from '../domain/product/records.js';
import { isHostName } from '../lib/configuration-text.js';
import { sha256 } from '../lib/hash.js';
import { anySpelling } from './any-spelling.js';
import { addressOf, aliasOf, escaped, pageOf, portOf, secretOf, targetOf } from './rule-values.js';

export interface ApacheRulesOptions {
  /** SysConfig `ScriptAlias`, with or without slashes at its ends. */
  scriptAlias: string;
  /** Where the sidecar listens. */
  target: SidecarTarget;
  /** The port on 127.0.0.1 through which the sidecar fetches the helpdesk's page frame. */
  framePort: number;
  /** The secret with which web server and sidecar authenticate to each other. */
  secret: string;
  /**
   * Absolute path of the helpdesk's own Apache configuration file. Needed if that configuration is inside a
   * <VirtualHost>, because the internal listener sees only what is at server level.
   */
  include?: string;
  /**
   * The helpdesk's folder under each name that Apache may use for it: with and without symbolic links
   * resolved.
   */
  homes: string[];
  /** The page to show while the sidecar does not answer; see away-page.ts. */
  awayPage: string[];
  /**
   * Host names of this helpdesk, without a port. Needed if another helpdesk on the same web server has the
   * same ScriptAlias in its own virtual host.
   */
  hosts?: string[];
}

/** Path at the internal listener that reports the client address the web server sees; runs no Perl. */
export const PROBE_PATH = '/oauth2-sidecar-probe';
/** The client address that the web server, and so the helpdesk, sees; only the internal listener sends it. */
export const SEEN_HEADER = 'X-OAuth2-Sidecar-Seen';
/** A random text in a request to the internal listener. */
export const NONCE_HEADER = 'X-OAuth2-Sidecar-Nonce';
/** Proves knowledge of the secret: the hexadecimal SHA-1 of secret, nonce and secret. */
export const PROOF_HEADER = 'X-OAuth2-Sidecar-Proof';

const isPath = (text: string): boolean => /^\/[^"'\\\p{Cc}]+$/u.test(text);

/**
 * Returns the rules for Apache 2.4 with mod_perl or CGI, at server level (Debian: a file in conf-available),
 * next to the helpdesk's own file. Modules: rewrite, proxy, proxy_http, headers, remoteip, setenvif. The
 * rules contain the secret, so only root may read the file.
 *
 * The first part passes one Action and the callback to the sidecar, in every virtual host. It need not
 * recognise every spelling of the Action: the helpdesk itself answers all others, and refuses them, because
 * the add-on has closed the built-in module (sysconfig/definitions). The second part closes the built-in
 * script for the callback. It judges the file that Apache has found, not the URL that led there.
 *
 * The third part is the internal listener, through which the sidecar fetches the page frame. It is on loopback, or on
 * every address if the sidecar is in another container. Only there, the web server trusts the address in our header, so
 * the site's own RemoteIPHeader stays in force. Without the secret, the listener answers only the probe. It must prove
 * that it knows the secret before the sidecar sends a cookie or the secret: while Apache is stopped, any program could
 * listen on its port.
 *
 * @throws RangeError for values that a configuration file cannot contain
 */
export function apacheRules({
  scriptAlias,
  target,
  framePort,
  secret,
  include,
  homes,
  awayPage,
  hosts = [],
}: ApacheRulesOptions): string {
  const alias = aliasOf(scriptAlias);
  const listener = portOf(framePort);
  const word = secretOf(secret);
  const way = targetOf(target);
  if (include !== undefined && !isPath(include))
    throw new RangeError('The file to include needs an absolute path without quotes');
  if (homes.length === 0 || !homes.every(isPath))
    throw new RangeError("The helpdesk's folder needs an absolute path without quotes");
  for (const host of hosts) if (!isHostName(host)) throw new RangeError(`"${host}" is not a host name`);
  const names = hosts.map(escaped).join('|');
  const onlyHere = hosts.length === 0 ? '' : `  RewriteCond %{HTTP_HOST} ^(${names})(:[0-9]+)?$ [NC]\n`;
  const callback = `/${alias}/${CALLBACK}`;
  const isOurs = `%{REQUEST_URI} == '${callback}'${hosts.length === 0 ? '' : ` && %{HTTP_HOST} =~ m#^(?:${names})(?::[0-9]+)?$#i`}`;
  const builtIn = `^(?:${homes.map(escaped).join('|')})/+bin/(?:cgi|fcgi)-bin/+${escaped(CALLBACK)}`;
  const away = [502, 503, 504]
    .map((status) => `  ErrorDocument ${status} '\${OAUTH2_SIDECAR_AWAY}'\n`)
    .join('');
  // The syntax of mod_proxy since 2.4.7. It distinguishes targets by the name after a Unix socket: two
  // sockets with the same name would both lead to the first.
  const sidecar =
    'port' in way
      ? `http://${addressOf(way)}`
      : `unix:${way.socket}|http://${sha256(way.socket).slice(0, 12)}.oauth2-sidecar.localhost`;
  // In another container, the sidecar comes to the listener over the network.
  const isElsewhere = 'port' in way && way.host !== undefined;
  const own = isElsewhere ? '*' : '127.0.0.1';
  // All addresses, in halves, because mod_remoteip does not accept a network of length 0. Without the secret, nobody
  // gets an answer there.
  const trusted = isElsewhere ? '0.0.0.0/1 128.0.0.0/1 ::/1 8000::/1' : '127.0.0.1';
  const proof = 'port' in way ? `  RequestHeader set ${SECRET_HEADER} "${word}" env=OAUTH2_SIDECAR\n` : '';
  const pattern = escaped(alias);
  return `# Hands the OAuth2 screens of the helpdesk to the sidecar. Needs: a2enmod rewrite proxy proxy_http headers remoteip setenvif
# Holds a secret: only root may read this file.

# What is shown while the sidecar does not answer.
Define OAUTH2_SIDECAR_AWAY '${pageOf(awayPage).join('')}'

# In <Location> sections, because every virtual host takes those over; rewrite rules of the server none does by itself.
# Before these rules come those of a file that is read earlier: that of another helpdesk with the same ScriptAlias.
<LocationMatch "^/${pattern}/index\\.pl$">
  Options +FollowSymLinks
  RewriteEngine On
  RewriteOptions InheritBefore
${onlyHere}  RewriteCond %{QUERY_STRING} (^|[;&])${anySpelling('Action')}=${anySpelling(COMMON.screens.action)}([;&]|$)
  RewriteRule ^ ${sidecar}/${alias}/index.pl [P,E=OAUTH2_SIDECAR:1]
  ProxyErrorOverride Off
${away}</LocationMatch>
<LocationMatch "^${escaped(callback)}$">
  Options +FollowSymLinks
  RewriteEngine On
  RewriteOptions InheritBefore
${onlyHere}  RewriteRule ^ ${sidecar}${callback} [P,E=OAUTH2_SIDECAR:1]
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

# The browser's address as the web server sees it; what a browser sends under these names is replaced. A header that
# Connection names would be taken away on the way to the sidecar.
<Location "/${alias}">
  RequestHeader set ${CLIENT_HEADER} "expr=%{REMOTE_ADDR}"
  RequestHeader unset ${SECRET_HEADER}
${proof}  RequestHeader unset Connection "expr=%{req:Connection} =~ /x-oauth2-sidecar/i"
</Location>

# The internal listener, through which the sidecar asks for the helpdesk's page. It proves itself by the secret, and
# answers nobody without it.
Listen ${own}:${listener}
<VirtualHost ${own}:${listener}>
  ServerName oauth2-sidecar.localhost
${include === undefined ? '' : `  Include "${include}"\n`}  KeepAlive On
  RemoteIPHeader ${CLIENT_HEADER}
  RemoteIPInternalProxy ${trusted}
  Header always set ${SEEN_HEADER} "expr=%{REMOTE_ADDR}"
  SetEnvIfExpr "sha1('${word}' . %{req:${NONCE_HEADER}} . '${word}') =~ /^(.+)$/" OAUTH2_SIDECAR_PROOF=$1
  Header always set ${PROOF_HEADER} "%{OAUTH2_SIDECAR_PROOF}e"
  RewriteEngine On
  RewriteRule ^${PROBE_PATH}$ - [R=204,L]
  RewriteCond %{HTTP:${SECRET_HEADER}} !=${word}
  RewriteRule ^ - [F]
  RequestHeader unset ${SECRET_HEADER}
  # With HTTPSForceRedirect the helpdesk answers nothing but a redirect where this is missing.
  SetEnv HTTPS on
</VirtualHost>
`;
}
