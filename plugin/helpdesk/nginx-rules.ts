import { CALLBACK } from '../domain/redirect-uri.js';
import { anySpelling } from './any-spelling.js';
import { CLIENT_HEADER } from './apache-rules.js';
import { SCREEN_ACTION } from './names.js';
import { aliasOf, escaped, pageOf } from './rule-values.js';

export interface NginxRulesOptions {
  /** SysConfig `ScriptAlias`; slashes at both ends may be there or not. */
  scriptAlias: string;
  /** Where the sidecar listens, on 127.0.0.1. */
  sidecarPort: number;
  /** What is shown while the sidecar does not answer; see away-page.ts. */
  awayPage: string[];
}

/**
 * The rules for an nginx in front of the helpdesk's Apache, to be included in the `server` block of the helpdesk. They
 * hand one Action and the callback to the sidecar, and refuse every other spelling of the callback's address. The listener
 * through which the sidecar fetches the page around its
 * screens stays with the web server that runs the helpdesk, for only that one can prove which address the helpdesk sees.
 *
 * @throws RangeError for values that cannot stand in a configuration file
 */
export function nginxRules({ scriptAlias, sidecarPort, awayPage }: NginxRulesOptions): string {
  const alias = aliasOf(scriptAlias);
  if (!Number.isInteger(sidecarPort) || sidecarPort < 1 || sidecarPort > 65535)
    throw new RangeError('A port is a number from 1 to 65535');
  const pattern = escaped(alias);
  // A word of nginx's configuration has at most 4096 bytes.
  const parts = pageOf(awayPage).map((part, index) => `set $oauth2_sidecar_away_${index} '${part}';`);
  const page = parts.map((_, index) => `\${oauth2_sidecar_away_${index}}`).join('');
  return `# Hands the OAuth2 screens of the helpdesk to the sidecar. Include it in the server block of the helpdesk.

# What is shown while the sidecar does not answer.
${parts.join('\n')}

set $oauth2_sidecar "$uri?$args";
if ($oauth2_sidecar ~ "^/${pattern}/index\\.pl\\?(.*[;&])?${anySpelling('Action')}=${anySpelling(SCREEN_ACTION)}([;&]|$)") {
  rewrite ^ /oauth2-sidecar-of-the-helpdesk$uri last;
}
if ($uri = "/${alias}/${CALLBACK}") {
  rewrite ^ /oauth2-sidecar-of-the-helpdesk$uri last;
}
# Any other way to the built-in script for the callback, which Apache refuses as well.
if ($uri ~ "/${escaped(CALLBACK)}") {
  return 403;
}

location /oauth2-sidecar-of-the-helpdesk/ {
  internal;
  rewrite ^/oauth2-sidecar-of-the-helpdesk(/.*)$ $1 break;
  proxy_pass http://127.0.0.1:${sidecarPort};
  proxy_http_version 1.1;
  proxy_set_header Host $http_host;
  proxy_set_header Connection "";
  # The browser's address as the web server sees it; what a browser sends under this name is replaced.
  proxy_set_header ${CLIENT_HEADER} $remote_addr;
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
