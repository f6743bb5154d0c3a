import { expect } from 'chai';
import type { DoctorDeps } from '../../../plugin/domain/doctor/doctor-ports.js';
import type { RelayFault } from '../../../plugin/domain/relay/relay-client.js';
import { placeUrl, type RelayPlace } from '../../../plugin/domain/relay/relay-listener.js';
import { inEnglish } from '../../../plugin/lib/phrase.js';
import { checkRelay } from '../../../plugin/usecases/doctor/relay-check.js';

const IMAP: RelayPlace = { scheme: 'imap', at: { host: '::1', port: 1143 } };
const SMTP: RelayPlace = { scheme: 'smtp', at: { path: '/run/znuny-oauth2/smtp.sock' } };
const CLOSED: RelayFault = { step: 'connect', code: 'connection-refused', said: 'ECONNREFUSED' };
const FORBIDDEN: RelayFault = { step: 'connect', code: 'unreachable', said: 'EACCES' };
const OTHER: RelayFault = { step: 'greeting', code: 'other-protocol', said: 'IMAP' };

async function examine(places: RelayPlace[], faults: Record<string, RelayFault> = {}) {
  const client = { greet: async (place: RelayPlace) => faults[placeUrl(place)] ?? null };
  const deps = { relay: { places, client: async () => client } } as unknown as DoctorDeps;
  const { result, reason, remedies } = await checkRelay(deps);
  return { result, reason: reason.map(inEnglish), commands: remedies.map(({ command }) => command) };
}

describe('the check of the relay', () => {
  it('is content where the relay is switched off, and where it answers everywhere', async () => {
    expect((await examine([])).result).to.equal('ok');
    expect(await examine([IMAP, SMTP])).to.deep.equal({
      result: 'ok',
      reason: ['The relay listens at imap://[::1]:1143, smtp:///run/znuny-oauth2/smtp.sock.'],
      commands: [],
    });
  });

  it('names each place where nothing or another program answers, and the log', async () => {
    expect(await examine([IMAP, SMTP], { 'imap://[::1]:1143': CLOSED })).to.deep.equal({
      result: 'fault',
      reason: ['Nothing answers at imap://[::1]:1143, where the relay should listen (ECONNREFUSED).'],
      commands: ['journalctl -u znuny-oauth2 -n 50'],
    });
    const both = await examine([IMAP, SMTP], { [placeUrl(IMAP)]: OTHER, [placeUrl(SMTP)]: FORBIDDEN });
    expect(both.result).to.equal('fault');
    expect(both.reason).to.deep.equal([
      'The program at imap://[::1]:1143 does not answer like the relay. Another program may have taken the port, or the relay is overloaded.',
      'This user is not allowed to connect to smtp:///run/znuny-oauth2/smtp.sock.',
    ]);
  });

  it('does not know where this user may not open the socket', async () => {
    expect((await examine([SMTP], { [placeUrl(SMTP)]: FORBIDDEN })).result).to.equal('unknown');
  });
});
