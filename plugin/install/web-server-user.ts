import { SidecarError } from '../errors.js';
import { apacheLayout } from '../helpdesk/apache-layouts.js';
import { NGINX_MAIN } from '../helpdesk/nginx-site.js';
import type { Machine } from './machine.js';
import type { WebServerKind } from './web-server-part.js';

/** Used if no configuration names one. */
const USUAL = ['www-data', 'apache', 'nginx', 'http'];

/**
 * Finds the web server's user, who may therefore open the sidecar's socket: as given, as an earlier run was
 * told, as the web server's own configuration says, or the distribution's default.
 * @throws SidecarError config-invalid if there is no such user
 */
export function webServerUser(
  machine: Machine,
  socketUnit: string,
  given: string | undefined,
  kind: WebServerKind | null,
): string {
  const dropIn = machine.read(`/etc/systemd/system/${socketUnit}.d/helpdesk.conf`) ?? '';
  const [, before] = /^SocketUser=(\S+)$/m.exec(dropIn) ?? [];
  // Debian's Apache reads its user from this file.
  const [, debian] =
    /^\s*(?:export\s+)?APACHE_RUN_USER=["']?([\w.-]+)/m.exec(machine.read('/etc/apache2/envvars') ?? '') ??
    [];
  const [, redHat] = /^\s*User\s+"?([\w.-]+)/m.exec(machine.read('/etc/httpd/conf/httpd.conf') ?? '') ?? [];
  const [, nginx] = /^\s*user\s+"?([\w.-]+)/m.exec(machine.read(NGINX_MAIN) ?? '') ?? [];
  const layout = apacheLayout(machine.exists);
  const configured = kind === 'nginx' ? nginx : ((layout?.isDebian ? debian : redHat) ?? layout?.user);
  const user = given ?? before ?? configured ?? USUAL.find((name) => machine.hasUser(name));
  if (user === undefined || !machine.hasUser(user))
    throw new SidecarError('config-invalid', {
      detail: `There is no user ${user ?? USUAL.join(', ')}. Nothing was changed. Name the user that the web server runs as: --web-server-user NAME`,
    });
  return user;
}
