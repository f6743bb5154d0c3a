import { type Finding, finding, ok, type Remedy } from '../../domain/doctor/doctor.js';
import type { DoctorDeps } from '../../domain/doctor/doctor-ports.js';
import type { RelayFault } from '../../domain/relay/relay-client.js';
import { placeUrl } from '../../domain/relay/relay-listener.js';
import { type Phrase, phrase } from '../../lib/phrase.js';

const LOG: Remedy = { text: phrase('The log says why:'), command: 'journalctl -u znuny-oauth2 -n 50' };

/** A Unix socket that this user may not open says nothing about the relay. */
const isForbidden = ({ step, said }: RelayFault): boolean => step === 'connect' && said === 'EACCES';

function explain(url: string, fault: RelayFault): Phrase {
  if (isForbidden(fault)) return phrase('This user is not allowed to connect to %s.', url);
  return fault.step === 'connect'
    ? phrase('Nothing answers at %s, where the relay should listen (%s).', url, fault.said || fault.code)
    : phrase(
        'The program at %s does not answer like the relay. Another program may have taken the port, or the relay is overloaded.',
        url,
      );
}

/** Does the relay listen everywhere that SIDECAR_RELAY names? Reads its greetings and does not sign in. */
export async function checkRelay({ relay }: DoctorDeps): Promise<Finding> {
  if (relay.places.length === 0)
    return ok(
      phrase('SIDECAR_RELAY is not set, so the relay is switched off, unless systemd has sockets for it.'),
    );
  const client = await relay.client();
  const answers = await Promise.all(
    relay.places.map(async (place) => ({ url: placeUrl(place), fault: await client.greet(place) })),
  );
  const faults = answers.flatMap(({ url, fault }) => (fault ? [{ url, fault }] : []));
  if (faults.length === 0)
    return ok(phrase('The relay listens at %s.', answers.map(({ url }) => url).join(', ')));
  const reasons = faults.map(({ url, fault }) => explain(url, fault));
  return faults.every(({ fault }) => isForbidden(fault))
    ? finding('unknown', reasons, {
        text: phrase("Run this command as root or as the sidecar's user."),
      })
    : finding('fault', reasons, LOG);
}
