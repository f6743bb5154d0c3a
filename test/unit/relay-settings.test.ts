import { expect } from 'chai';
import { relaySettings } from '../../plugin/config/relay-settings.js';

const settings = (relay: string, more: Record<string, string> = {}) =>
  relaySettings((name) => ({ SIDECAR_RELAY: relay, ...more })[name]);
const TLS = { SIDECAR_RELAY_CERTIFICATE: '/etc/relay/cert.pem', SIDECAR_RELAY_KEY: '/etc/relay/key.pem' };
const faultOf = (work: () => unknown): string => {
  try {
    work();
    return 'accepted';
  } catch (error) {
    return String((error as { detail?: string }).detail);
  }
};

describe('SIDECAR_RELAY', () => {
  it('is a list of protocols with addresses and Unix sockets; without it the relay is off', () => {
    expect(relaySettings(() => undefined)).to.deep.equal({ places: [], tls: null });
    expect(
      settings('imap://127.0.0.1:1143 smtp:///run/znuny-oauth2/smtp.sock, pop3://[::1]:1110').places,
    ).to.deep.equal([
      { scheme: 'imap', at: { host: '127.0.0.1', port: 1143 } },
      { scheme: 'smtp', at: { path: '/run/znuny-oauth2/smtp.sock' } },
      { scheme: 'pop3', at: { host: '::1', port: 1110 } },
    ]);
    expect(settings('imaps://0.0.0.0:993 smtp://192.0.2.7:587', TLS).places).to.have.length(2);
  });

  it('names addresses that other machines reach, and TLS, only together with a certificate', () => {
    for (const place of [
      'imap://0.0.0.0:143',
      'imap://192.0.2.7:143',
      'imap://[::]:143',
      'imaps://127.0.0.1:993',
    ])
      expect(
        faultOf(() => settings(place)),
        place,
      ).to.contain('needs TLS');
    expect(faultOf(() => settings('', { SIDECAR_RELAY_KEY: '/key.pem' }))).to.contain('together');
  });

  it('is refused with the place that is wrong, and an example', () => {
    for (const place of [
      '127.0.0.1:143',
      'http://127.0.0.1:143',
      'imap://127.0.0.1',
      'imap://mail.example.com:143',
      'imap://127.0.0.1:0',
      'imap://127.0.0.1:70000',
      'imap://run/x.sock',
    ])
      expect(
        faultOf(() => settings(place)),
        place,
      )
        .to.contain(`"${place}"`)
        .and.contain('imap://127.0.0.1:1143');
  });
});
