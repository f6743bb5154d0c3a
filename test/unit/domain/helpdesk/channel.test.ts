import { expect } from 'chai';
import { type Channel, clientAddress } from '../../../../plugin/domain/helpdesk/channel.js';
import { SidecarError } from '../../../../plugin/errors.js';

const SECRET = 'what-web-server-and-sidecar-share';
const CLIENT = 'X-OAuth2-Sidecar-Client';
const PROOF = 'X-OAuth2-Sidecar-Secret';

/** The address, or the code of the refusal. */
function judge(channel: Channel, secret: string | null, ...headers: [string, string][]): string {
  try {
    return clientAddress(headers.flat(), channel, secret);
  } catch (error) {
    if (error instanceof SidecarError) return error.code;
    throw error;
  }
}

describe("the browser's address", () => {
  const honest: [string, string] = [CLIENT, '203.0.113.9'];

  it('is trusted over the Unix socket, over TCP with the secret, and without one from version 0.1', () => {
    expect(judge('unix', SECRET, honest)).to.equal('203.0.113.9');
    expect(judge('unix', null, honest)).to.equal('203.0.113.9');
    expect(judge('tcp', SECRET, honest, [PROOF, SECRET])).to.equal('203.0.113.9');
    expect(judge('tcp', null, honest)).to.equal('203.0.113.9');
    expect(judge('unix', SECRET, ['x-oauth2-sidecar-client', ' 2001:db8::9 '])).to.equal('2001:db8::9');
  });

  it('is not trusted over TCP without the secret, or with a wrong, repeated or misspelled one', () => {
    for (const proofs of [
      [],
      [[PROOF, '']],
      [[PROOF, SECRET.slice(1)]],
      [[PROOF, SECRET.toUpperCase()]],
      [[PROOF, `${SECRET}, ${SECRET}`]],
      [
        [PROOF, SECRET],
        [PROOF, SECRET],
      ],
      [
        [PROOF, SECRET],
        [PROOF, 'forged'],
      ],
      [['X_OAuth2_Sidecar_Secret', SECRET]],
    ] as [string, string][][])
      expect(judge('tcp', SECRET, honest, ...proofs), JSON.stringify(proofs)).to.equal('channel-unproven');
    expect(judge('status', SECRET, honest, [PROOF, SECRET])).to.equal('channel-unproven');
  });

  it('is refused where it is missing, repeated, empty or not an address, and never taken from the connection', () => {
    for (const headers of [
      [],
      [[CLIENT, '']],
      [[CLIENT, 'localhost']],
      [[CLIENT, '203.0.113.9, 127.0.0.1']],
      [[CLIENT, '203.0.113.9:80']],
      [honest, honest],
      [honest, ['x-oauth2-sidecar-CLIENT', '127.0.0.1']],
      [['X_OAuth2_Sidecar_Client', '203.0.113.9']],
      [['X-Forwarded-For', '203.0.113.9']],
    ] as [string, string][][])
      for (const channel of ['unix', 'tcp'] as const)
        expect(judge(channel, null, ...headers), JSON.stringify(headers)).to.equal('client-address-invalid');
  });
});
