import { SidecarError } from '../errors.js';
import { apacheLayout } from '../helpdesk/apache-layouts.js';
import type { Machine } from './machine.js';

/** Used if there is no Apache with a known layout. */
const USUAL = ['www-data', 'apache', 'nginx', 'http'];

/**
 * Finds the web server's user, who may therefore open the sidecar's socket: as given, as an earlier run was
 * told, as Apache's own configuration says, or the distribution's default.
 * @throws SidecarError config-invalid if there is no such user
 */
export function webServerUser(machine: Machine, socketUnit: string, given: string | undefined): string {
  const dropIn = machine.read(`/etc/systemd/system/${socketUnit}.d/helpdesk.conf`) ?? '';
  const [, before] = /^SocketUser=(\S+)$/m.exec(dropIn) ?? [];
  // Debian's Apache reads its user from this file.
  const [, debian] =
    /^\s*(?:export\s+)?APACHE_RUN_USER=["']?([\w.-]+)/m.exec(machine.read('/etc/apache2/envvars') ?? '') ??
    [];
  const [, redHat] = /^\s*User\s+"?([\w.-]+)/m.exec(machine.read('/etc/httpd/conf/httpd.conf') ?? '') ?? [];
  const layout = apacheLayout(machine.exists);
  const user =
    given ??
    before ??
    (layout?.isDebian ? debian : redHat) ??
    layout?.user ??
    USUAL.find((name) => machine.hasUser(name));
  if (user === undefined || !machine.hasUser(user))
    throw new SidecarError('config-invalid', {
      detail: `There is no user ${user ?? USUAL.join(', ')}. Nothing was changed. Say as which user the web server answers: --web-server-user NAME`,
    });
  return user;
}
