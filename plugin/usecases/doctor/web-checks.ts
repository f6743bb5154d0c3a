import { type Finding, finding, type Mend, ok } from '../../domain/doctor.js';
import type { DoctorDeps, Echo } from '../../domain/doctor-ports.js';
import { CALLBACK, redirectUri, scriptAlias } from '../../domain/redirect-uri.js';
import { randomText } from '../../lib/hash.js';
import { phrase } from '../../lib/phrase.js';

const rules = ({ webServer }: DoctorDeps): Mend => ({
  text: phrase("Put the rules into the helpdesk's web server again, then reload it:"),
  command: `znuny-oauth2 apache-rules > ${webServer.rulesFile}`,
});
const selinux = ({ webServer }: DoctorDeps): Mend[] =>
  webServer.hasSelinux()
    ? [
        {
          text: phrase('SELinux keeps the web server from connecting to the sidecar until this is set:'),
          command: 'setsebool -P httpd_can_network_connect 1',
        },
      ]
    : [];
const START: Mend = { text: phrase('Start it:'), command: 'systemctl start znuny-oauth2' };

export async function checkSidecar({ webServer }: DoctorDeps): Promise<Finding> {
  const status = await webServer.readiness();
  if (status === null)
    return finding('fault', phrase('Nothing answers at %s.', webServer.loopback), START, {
      text: phrase('Where it runs on another port, set SIDECAR_PORT for this command, too.'),
    });
  return status === 200
    ? ok(phrase('The sidecar at %s is ready.', webServer.loopback))
    : finding(
        'fault',
        phrase('The sidecar at %s answers %s: it cannot work yet.', webServer.loopback, status),
        {
          text: phrase('Its log says why:'),
          command: 'journalctl -u znuny-oauth2 -n 50',
        },
      );
}

/** Codes of certificates that are not trusted, as OpenSSL and Node name them. */
const CERTIFICATE = /CERT|SELF_SIGNED|ALTNAME|VERIFY/;

function explainNobody({ code }: Extract<Echo, { kind: 'nobody' }>, uri: string): Finding {
  if (CERTIFICATE.test(code))
    return finding('fault', phrase('The certificate of %s is not trusted (%s).', uri, code), {
      text: phrase(
        'Renew the certificate of the web server, or let it send the intermediate certificates as well.',
      ),
    });
  return finding('unknown', [
    phrase('%s cannot be reached from this machine (%s).', uri, code),
    phrase(
      'Browsers may still reach it: open it in one; "Please log in to the helpdesk first." proves that it works.',
    ),
  ]);
}

/** The same nonce through the public address and through loopback must come back the same. */
export async function checkCallback(deps: DoctorDeps): Promise<Finding> {
  const { settings, webServer } = deps;
  const current = await settings();
  const nonce = randomText(128);
  const alias = scriptAlias(current);
  const uri = redirectUri(current);
  const direct = await webServer.echo(`${webServer.loopback}/${alias ? `${alias}/` : ''}${CALLBACK}`, nonce);
  if (direct.kind !== 'sidecar')
    return finding(
      'unknown',
      phrase('The sidecar itself does not answer, so there is nothing to compare with.'),
      START,
    );
  const answer = await webServer.echo(uri, nonce);
  if (answer.kind === 'nobody') return explainNobody(answer, uri);
  if (answer.kind === 'other' && [502, 503].includes(answer.status))
    return finding(
      'fault',
      phrase(
        'The web server answers %s at %s: its rules lead to another port, or to nobody.',
        answer.status,
        uri,
      ),
      ...selinux(deps),
      rules(deps),
    );
  if (answer.kind === 'other')
    return finding(
      'fault',
      phrase(
        '%s is answered (%s) by something other than the sidecar: the rules are missing.',
        uri,
        answer.status,
      ),
      rules(deps),
    );
  if (answer.mark !== direct.mark)
    return finding(
      'warning',
      phrase('%s leads to a different sidecar than this one. Behind a load balancer that is right.', uri),
    );
  return ok(phrase('%s leads here.', uri));
}

/** Addresses of documentation (RFC 5737): nobody has them. */
const SOMEBODY = '192.0.2.77';
const FORGED = '192.0.2.66';

/** The log-out trap: the helpdesk ends a session that comes from another address than the browser's. */
export async function checkAddress(deps: DoctorDeps): Promise<Finding> {
  const { settings, webServer } = deps;
  const through = await webServer.echo(redirectUri(await settings()), randomText(128), FORGED);
  if (through.kind === 'sidecar' && through.address === FORGED)
    return finding(
      'fault',
      phrase(
        'The web server takes over an address that a browser makes up. Whoever has a cookie could use it from anywhere.',
      ),
      rules(deps),
    );
  const seen = await webServer.doorSees(SOMEBODY);
  if (seen === null)
    return finding(
      'warning',
      phrase(
        "The web server's virtual host for the sidecar does not answer, so the screens appear in a page of their own.",
      ),
      rules(deps),
    );
  if (seen !== SOMEBODY)
    return finding(
      'warning',
      phrase(
        "In requests of the sidecar the web server sees the address %s instead of the browser's. The helpdesk would log admins out, so the sidecar does not fetch its page.",
        seen === '' ? '?' : seen,
      ),
      rules(deps),
    );
  return ok(
    phrase("The helpdesk sees the browser's address."),
    ...(through.kind === 'sidecar' ? [phrase('A forged address is replaced.')] : []),
  );
}
