import { expect } from 'chai';
import { relaySettings } from '../../../plugin/config/relay-settings.js';
import type { RelayServers } from '../../../plugin/domain/relay/relay-password.js';
import { createRelayedAccounts } from '../../../plugin/domain/relay/relayed-account.js';

const LOGIN = 'support@example.com';
const SERVERS: RelayServers = {
  imap: { type: 'IMAPS', address: 'imap.example.com' },
  smtp: { type: 'SMTPTLS', address: 'smtp.example.com' },
};

const placesOf = (relay: string, withTls = false) =>
  relaySettings(
    (name) =>
      ({
        SIDECAR_RELAY: relay,
        ...(withTls ? { SIDECAR_RELAY_CERTIFICATE: '/etc/cert.pem', SIDECAR_RELAY_KEY: '/etc/key.pem' } : {}),
      })[name],
  ).places;

const LOCAL = placesOf('imap://127.0.0.1:1143 imap://[::1]:1144 pop3://127.0.0.1:110 imap:///run/relay/imap');
const passwords = [
  { login: LOGIN, configId: 9, servers: SERVERS, isOrphan: false },
  { login: LOGIN, configId: 7, servers: SERVERS, isOrphan: false },
];
const find = createRelayedAccounts(LOCAL, passwords);
const account = (host: string, type = 'IMAP', login = LOGIN) => ({ host, type, login });

describe('a mail account with a password', () => {
  it('uses the relay if its host is a place of the relay and its login has a relay password', () => {
    for (const host of ['127.0.0.1:1143', 'localhost:1143', 'LOCALHOST:1143', '[::1]:1144', '127.0.0.2:1143'])
      expect(find(account(host)), host).to.equal(7);
    expect(find(account('127.0.0.1:1143', 'IMAP', ' Support@Example.COM'))).to.equal(7);
  });

  it('does not use it at another port, host or protocol, or with another login', () => {
    for (const [host, type, login] of [
      ['127.0.0.1:1145'],
      ['127.0.0.1'],
      ['imap.example.com:1143'],
      ['127.0.0.1:1143', 'POP3'],
      ['127.0.0.1:1143', 'MSGraph'],
      ['no host', 'IMAP'],
      ['127.0.0.1:1143', 'IMAP', 'sales@example.com'],
    ] as const)
      expect(find(account(host, type, login)), `${host} ${type} ${login}`).to.equal(null);
    // The password is not for POP3, although the relay is.
    expect(find(account('127.0.0.1', 'POP3'))).to.equal(null);
  });

  it('uses a relay that other machines reach under any name, but not at the mail server of the provider', () => {
    const places = placesOf('imaps://0.0.0.0:993', true);
    const anywhere = createRelayedAccounts(places, passwords);
    expect(anywhere(account('desk.example.net', 'IMAPS'))).to.equal(7);
    expect(anywhere(account('127.0.0.1', 'IMAPS'))).to.equal(7);
    expect(anywhere(account('IMAP.example.com', 'IMAPS'))).to.equal(null);
  });

  it('uses a configuration that is there rather than one that was deleted and made anew', () => {
    const [old, made] = [3, 9].map((configId) => ({ login: LOGIN, configId, servers: SERVERS }));
    const of = (...known: [typeof old, boolean][]) =>
      createRelayedAccounts(
        LOCAL,
        known.map(([password, isOrphan]) => ({ ...(password as NonNullable<typeof old>), isOrphan })),
      )(account('127.0.0.1:1143'));
    expect(of([old, true], [made, false])).to.equal(9);
    expect(of([old, false], [made, false])).to.equal(3);
    // A dump is being loaded: the account stays with its configuration.
    expect(of([made, true], [old, true])).to.equal(3);
  });

  it('uses no relay that is switched off', () => {
    expect(createRelayedAccounts([], passwords)(account('127.0.0.1:1143'))).to.equal(null);
  });
});
