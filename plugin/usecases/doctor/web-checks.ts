import { CALLBACK, redirectUri, scriptAlias } from '../../domain/consent/redirect-uri.js';
import { type Finding, finding, ok, type Remedy } from '../../domain/doctor/doctor.js';
import type { DoctorDeps, Echo } from '../../domain/doctor/doctor-ports.js';
import { randomText } from '../../lib/hash.js';
import { phrase } from '../../lib/phrase.js';
import { rulesAgain } from './finding-parts.js';

const selinux = ({ webServer }: DoctorDeps): Remedy[] =>
  webServer.hasSelinux()
    ? [
        {
          text: phrase('SELinux prevents the web server from connecting to the sidecar until you run:'),
          command: 'setsebool -P httpd_can_network_connect 1',
        },
      ]
    : [];
const start = ({ unit }: DoctorDeps): Remedy => ({
  text: phrase('To start it:'),
  command: `systemctl start ${unit}`,
});

export async function checkSidecar(deps: DoctorDeps): Promise<Finding> {
  const { webServer, unit } = deps;
  const answer = await webServer.readiness();
  if ('code' in answer && answer.code === 'EACCES')
    return finding('unknown', phrase('This user is not allowed to connect to %s.', webServer.sidecarAt), {
      text: phrase("Run this command as root or as the sidecar's user."),
    });
  if ('code' in answer)
    return finding('fault', phrase('Nothing answers at %s.', webServer.sidecarAt), start(deps), {
      text: phrase('If it runs on another port, set SIDECAR_PORT for this command, too.'),
    });
  return answer.status === 200
    ? ok(phrase('The sidecar at %s is ready.', webServer.sidecarAt))
    : finding(
        'fault',
        phrase(
          'The sidecar at %s responds with %s: it is not ready yet.',
          webServer.sidecarAt,
          answer.status,
        ),
        {
          text: phrase('The log says why:'),
          command: `journalctl -u ${unit} -n 50`,
        },
      );
}

/** Codes of untrusted certificates, as OpenSSL and Node name them. */
const CERTIFICATE = /CERT|SELF_SIGNED|ALTNAME|VERIFY/;

function explainNobody({ code }: Extract<Echo, { kind: 'nobody' }>, uri: string): Finding {
  if (CERTIFICATE.test(code))
    return finding('fault', phrase('The certificate of %s is not trusted (%s).', uri, code), {
      text: phrase(
        'Renew the certificate of the web server, or configure the server to send the intermediate certificates as well.',
      ),
    });
  return finding('unknown', [
    phrase('%s cannot be reached from this machine (%s).', uri, code),
    phrase(
      'Browsers may still reach it. Open it in a browser: "Please log in to the helpdesk first." means that it works.',
    ),
  ]);
}

/** What the sidecar answers if the web server does not authenticate or hides the browser's address. */
const REFUSED = ['channel-unproven', 'client-address-invalid'];

/** The same nonce sent through the public URL and through loopback must return the same result. */
export async function checkCallback(deps: DoctorDeps): Promise<Finding> {
  const { settings, webServer } = deps;
  const current = await settings();
  const nonce = randomText(128);
  const alias = scriptAlias(current);
  const uri = redirectUri(current);
  const direct = await webServer.echoDirectly(`/${alias ? `${alias}/` : ''}${CALLBACK}`, nonce);
  if (direct.kind !== 'sidecar')
    return finding(
      'unknown',
      phrase('The sidecar itself does not respond, so this cannot be checked.'),
      start(deps),
    );
  const answer = await webServer.echo(uri, nonce);
  if (answer.kind === 'nobody') return explainNobody(answer, uri);
  if (answer.kind === 'other' && [502, 503].includes(answer.status))
    return finding(
      'fault',
      phrase(
        'The web server responds with %s at %s: its rules point to another port, or to one where nothing listens.',
        answer.status,
        uri,
      ),
      ...selinux(deps),
      rulesAgain(deps),
    );
  if (answer.kind === 'other' && REFUSED.includes(answer.code ?? ''))
    return finding(
      'fault',
      phrase(
        "The sidecar rejects the requests that the web server forwards at %s (%s): the web server's rules do not belong to this installation.",
        uri,
        answer.code ?? '',
      ),
      rulesAgain(deps),
    );
  if (answer.kind === 'other')
    return finding(
      'fault',
      phrase(
        "Something other than the sidecar answers at %s (%s): the web server's rules are missing.",
        uri,
        answer.status,
      ),
      rulesAgain(deps),
    );
  if (answer.mark !== direct.mark)
    return finding(
      'warning',
      phrase('%s reaches a different sidecar. This is expected behind a load balancer.', uri),
    );
  return ok(phrase('%s reaches this sidecar.', uri));
}

/** Addresses for documentation (RFC 5737), which nobody has. */
const SOMEBODY = '192.0.2.77';
const FORGED = '192.0.2.66';

/**
 * Checks that the helpdesk sees the browser's address: it ends a session that is used from another address.
 */
export async function checkAddress(deps: DoctorDeps): Promise<Finding> {
  const { settings, webServer } = deps;
  const through = await webServer.echo(redirectUri(await settings()), randomText(128), FORGED);
  if (through.kind === 'sidecar' && through.address === FORGED)
    return finding(
      'fault',
      phrase(
        'The web server accepts a browser address forged by the client. A stolen cookie could be used from anywhere.',
      ),
      rulesAgain(deps),
    );
  const listener = await webServer.internalListener(SOMEBODY);
  if (listener === null)
    return finding(
      'warning',
      phrase(
        "The web server's virtual host for the sidecar does not respond, so the screens appear without the helpdesk's header and menu.",
      ),
      rulesAgain(deps),
    );
  if (!listener.isProven)
    return finding(
      'fault',
      phrase(
        "The program that responds in place of the web server's virtual host does not know the secret: outdated rules, or another program. The sidecar sends no cookie there, and the screens appear without the helpdesk's header and menu.",
      ),
      rulesAgain(deps),
    );
  if (listener.seen !== SOMEBODY)
    return finding(
      'warning',
      phrase(
        "For requests from the sidecar, the web server sees the address %s instead of the browser's. The helpdesk would log admins out, so the sidecar does not fetch its page.",
        listener.seen === '' ? '?' : listener.seen,
      ),
      rulesAgain(deps),
    );
  if (!webServer.isProven)
    return finding(
      'warning',
      phrase(
        'Any program on this machine can impersonate the web server and claim any browser address: the configuration dates from version 0.1.',
      ),
      {
        text: phrase('Run the installation again to set up a Unix socket and a secret:'),
        command: 'znuny-oauth2 install',
      },
    );
  return ok(
    phrase("The helpdesk sees the browser's address."),
    ...(through.kind === 'sidecar' ? [phrase('A forged address is overwritten.')] : []),
  );
}
