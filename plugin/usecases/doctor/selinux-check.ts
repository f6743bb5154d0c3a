import { type Finding, finding, ok } from '../../domain/doctor/doctor.js';
import type { DoctorDeps } from '../../domain/doctor/doctor-ports.js';
import { phrase } from '../../lib/phrase.js';

/** The policies of Red Hat and Debian confine Apache and nginx alike. */
export async function checkSelinux({ webServer }: DoctorDeps): Promise<Finding> {
  const { isEnforced, mayConnect } = webServer.selinux();
  if (!isEnforced) return ok(phrase('SELinux is not enforced on this machine.'));
  if (!webServer.sidecarAt.startsWith('http:'))
    return finding(
      'warning',
      phrase(
        'SELinux is enforced, and the web server reaches the sidecar through the Unix socket %s. The policy forbids that, unless a rule of your own permits it.',
        webServer.sidecarAt,
      ),
      { text: phrase('To use a port and a secret instead:'), command: 'znuny-oauth2 install --channel tcp' },
    );
  return mayConnect
    ? ok(phrase('SELinux is enforced, and permits the web server to connect to the sidecar.'))
    : finding(
        'fault',
        phrase('SELinux is enforced, and does not permit the web server to connect to the sidecar.'),
        { command: 'setsebool -P httpd_can_network_connect 1' },
      );
}
