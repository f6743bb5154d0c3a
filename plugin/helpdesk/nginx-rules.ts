import { CALLBACK } from '../domain/consent/redirect-uri.js';
import { CLIENT_HEADER, SECRET_HEADER, type SidecarTarget } from '../domain/helpdesk/channel.js';
import { COMMON } from '../domain/product/records.js';
import { anySpelling } from './any-spelling.js';
import { addressOf, aliasOf, escaped, pageOf, secretOf, targetOf } from './rule-values.js';

export interface NginxRulesOptions {
  /** SysConfig `ScriptAlias`, with or without slashes at its ends. */
  scriptAlias: string;
  /** Where the sidecar listens. */
  target: SidecarTarget;
  /** The secret with which the web server authenticates on a TCP connection. */
  secret: string;
  /** The page to show while the sidecar does not answer; see away-page.ts. */
  awayPage: string[];
}

/**
 * Returns the rules for an nginx that runs the helpdesk itself or stands in front of its Apache, to be included in the
 * helpdesk's `server` block. They pass one Action and the callback to the sidecar and refuse every other spelling of the
 * callback's URL. The internal listener for the page frame belongs to the web server that runs the helpdesk, because
 * only that one can prove which address the helpdesk sees: apache-rules.ts, nginx-listener.ts.
 *
 * @throws RangeError for values that a configuration file cannot contain
 */
export function nginxRules({ scriptAlias, target, secret, awayPage }: NginxRulesOptions): string {
  const alias = aliasOf(scriptAlias);
  const word = secretOf(secret);
  const way = targetOf(target);
  const upstream = 'port' in way ? `http://${addressOf(way)}` : `http://unix:${way.socket}`;
  const pattern = escaped(alias);
  // A word in nginx's configuration has at most 4096 bytes.
  const parts = pageOf(awayPage).map((part, index) => `set $oauth2_sidecar_away_${index} '${part}';`);
  const page = parts.map((_, index) => `\${oauth2_sidecar_away_${index}}`).join('');
  return `# Hands the OAuth2 screens of the helpdesk to the sidecar. Include it at the end of the helpdesk's server block, so that the
# conditions of that block apply to the screens, too.
${'port' in way ? '# Holds a secret: only root may read this file.\n' : ''}
# What is shown while the sidecar does not answer.
${parts.join('\n')}

set $oauth2_sidecar "$uri?$args";
if ($oauth2_sidecar ~ "^/${pattern}/index\\.pl\\?(.*[;&])?${anySpelling('Action')}=${anySpelling(COMMON.screens.action)}([;&]|$)") {
  rewrite ^ /oauth2-sidecar-of-the-helpdesk$uri last;
}
if ($uri = "/${alias}/${CALLBACK}") {
  rewrite ^ /oauth2-sidecar-of-the-helpdesk$uri last;
}
# Any other way to the built-in script for the callback.
if ($uri ~ "/${escaped(CALLBACK)}") {
  return 403;
}

# No pattern of another location comes before this one.
location ^~ /oauth2-sidecar-of-the-helpdesk/ {
  internal;
  rewrite ^/oauth2-sidecar-of-the-helpdesk(/.*)$ $1 break;
  proxy_pass ${upstream};
  proxy_http_version 1.1;
  # The browser's Host may be missing (HTTP/1.0), and the sidecar uses no name or port from it.
  proxy_set_header Host localhost;
  proxy_set_header Connection "";
  # The browser's address as the web server sees it; what a browser sends under these names is replaced.
  proxy_set_header ${CLIENT_HEADER} $remote_addr;
  proxy_set_header ${SECRET_HEADER} "${'port' in way ? word : ''}";
  proxy_connect_timeout 3s;
  proxy_read_timeout 90s;
  client_max_body_size 20m;
  proxy_intercept_errors off;
  error_page 502 503 504 =503 @oauth2_sidecar_away;
}
location @oauth2_sidecar_away {
  default_type text/html;
  return 503 "${page}";
}
`;
}
