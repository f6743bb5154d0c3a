import { SidecarError } from '../errors.js';
import { apacheLayout } from '../helpdesk/apache-layouts.js';
import type { Machine } from './machine.js';

/** Where there is no Apache of a known layout. */
const USUAL = ['www-data', 'apache', 'nginx', 'http'];

/**
 * The user that the web server answers as, and who therefore may open the sidecar's socket: as given, as an earlier run was
 * told, as Apache's own configuration says, or that of the distribution.
 * @throws SidecarError config-invalid where there is no such user
 */
export function webServerUser(machine: Machine, socketUnit: string, given: string | undefined): string {
  const dropIn = machine.read(`/etc/systemd/system/${socketUnit}.d/helpdesk.conf`) ?? '';
  const [, before] = /^SocketUser=(\S+)$/m.exec(dropIn) ?? [];
  // Debian's Apache takes it from there.
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
