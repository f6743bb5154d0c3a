import { CLIENT_HEADER } from './apache-rules.js';
import { SCREEN_ACTION } from './names.js';

export interface NginxRulesOptions {
  /** SysConfig `ScriptAlias`; slashes at both ends may be there or not. */
  scriptAlias: string;
  /** Where the sidecar listens, on 127.0.0.1. */
  sidecarPort: number;
}

/**
 * The rules for an nginx in front of the helpdesk's Apache, to be included in the `server` block of the helpdesk. They
 * only hand one Action and the callback to the sidecar: the door through which the sidecar fetches the page around its
 * screens stays with the web server that runs the helpdesk, for only that one can prove which address the helpdesk sees.
 *
 * @throws RangeError for values that cannot stand in a configuration file
 */
export function nginxRules({ scriptAlias, sidecarPort }: NginxRulesOptions): string {
  const alias = scriptAlias.replace(/^\/+|\/+$/g, '');
  if (!/^[\w.~-]+(\/[\w.~-]+)*$/.test(alias))
    throw new RangeError('ScriptAlias holds characters that do not belong in a path');
  if (!Number.isInteger(sidecarPort) || sidecarPort < 1 || sidecarPort > 65535)
    throw new RangeError('A port is a number from 1 to 65535');
  const pattern = alias.replace(/[.]/g, '\\.');
  return `# Hands the OAuth2 screens of the helpdesk to the sidecar. Include it in the server block of the helpdesk.

set $oauth2_sidecar "$uri?$args";
if ($oauth2_sidecar ~ "^/${pattern}/index\\.pl\\?(.*[;&])?Action=${SCREEN_ACTION}([;&]|$)") {
  rewrite ^ /oauth2-sidecar-of-the-helpdesk$uri last;
}
if ($uri = "/${alias}/get-oauth2-token-by-authorization-code.pl") {
  rewrite ^ /oauth2-sidecar-of-the-helpdesk$uri last;
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
}
`;
}
