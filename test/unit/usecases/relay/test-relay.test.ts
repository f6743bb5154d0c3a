import { expect } from 'chai';
import type { RelayFault } from '../../../../plugin/domain/relay/relay-client.js';
import { placeUrl, type RelayPlace } from '../../../../plugin/domain/relay/relay-listener.js';
import { testRelay } from '../../../../plugin/usecases/relay/test-relay.js';
import { fixedClock } from '../../../support/fixed-clock.js';
import { MemoryRelayPasswords } from '../../../support/memory-relay-passwords.js';
import { configOf } from '../../../support/samples.js';
import { codeOf } from '../setup.js';

const PLACES: RelayPlace[] = [
  { scheme: 'imap', at: { host: '127.0.0.1', port: 1143 } },
  { scheme: 'smtps', at: { host: '::1', port: 1465 } },
  { scheme: 'pop3', at: { path: '/run/pop3.sock' } },
];
const IMAP = { type: 'IMAPS', address: 'imap.example.com' } as const;
const SMTP = { type: 'SMTPTLS', address: 'smtp.example.com:587' } as const;
const FAULT: RelayFault = { step: 'sign-in', code: 'token-refused', said: '[UNAVAILABLE] Later' };

async function setup(signIn: (place: RelayPlace) => RelayFault | null = () => null) {
  const relayPasswords = new MemoryRelayPasswords();
  const known = { configId: 7, selector: '', hash: 'h', createdAt: new Date(0), createdBy: 1 };
  const both = { imap: IMAP, smtp: SMTP };
  await relayPasswords.add({ ...known, login: 'a@example.com', client: 'One', servers: both });
  await relayPasswords.add({ ...known, login: 'A@example.com', client: 'Two', servers: both });
  await relayPasswords.add({ ...known, login: 'b@example.com', client: 'One', servers: { imap: IMAP } });
  await relayPasswords.add({ ...known, configId: 8, login: 'c@example.com', client: 'One', servers: both });
  const used: string[] = [];
  const deps = {
    relayPasswords,
    relayClient: {
      async signIn(place: RelayPlace, { login, password }: { login: string; password: string }) {
        const row = await relayPasswords.find(password.slice(0, 8));
        used.push(`${login} ${placeUrl(place)} ${row?.login} ${row?.configId}`);
        return signIn(place);
      },
    },
    templates: { list: async () => [] },
    clock: fixedClock(),
    log: { info() {}, warn() {}, error() {} },
  };
  const run = (login?: string) => testRelay(deps, { config: configOf(), login, places: PLACES, userId: 3 });
  return { run, used, relayPasswords };
}

describe('a test through the relay', () => {
  it('signs in once for each mailbox and place, with the servers of its passwords', async () => {
    const { run, used } = await setup();
    const tests = await run();
    expect(tests.map(({ login, servers }) => [login.toLowerCase(), servers])).to.deep.equal([
      ['a@example.com', { imap: IMAP, smtp: SMTP }],
      ['b@example.com', { imap: IMAP }],
    ]);
    expect(tests.map(({ attempts }) => attempts.map(({ fault }) => fault))).to.deep.equal([
      [null, null],
      [null],
    ]);
    expect(used.map((line) => line.toLowerCase())).to.deep.equal([
      'a@example.com imap://127.0.0.1:1143 a@example.com 7',
      'a@example.com smtps://[::1]:1465 a@example.com 7',
      'b@example.com imap://127.0.0.1:1143 b@example.com 7',
    ]);
  });

  it('leaves no password behind, whatever the relay says, and also where the attempt itself breaks', async () => {
    const faulty = await setup(() => FAULT);
    expect((await faulty.run('b@example.com'))[0]?.attempts[0]?.fault).to.deep.equal(FAULT);
    expect(faulty.relayPasswords.rows.map(({ client }) => client)).to.deep.equal([
      'One',
      'Two',
      'One',
      'One',
    ]);
    const broken = await setup(() => {
      throw new Error('broken');
    });
    expect(await codeOf(broken.run())).to.match(/broken/);
    expect(broken.relayPasswords.rows).to.have.length(4);
  });

  it('removes the password of a test that was killed, but not that of one that may be running', async () => {
    const { run, used, relayPasswords } = await setup();
    const known = { configId: 7, selector: '', hash: 'h', createdBy: 1, servers: { imap: IMAP } };
    const client = 'mailbox test --relay';
    for (const [login, minutes] of [
      ['left@example.com', 11],
      ['b@example.com', 1],
    ] as const)
      await relayPasswords.add({
        ...{ ...known, login, client },
        createdAt: new Date(fixedClock()().getTime() - minutes * 60_000),
      });
    await run();
    expect(used.join()).to.not.contain('left@example.com');
    expect(
      relayPasswords.rows.filter((row) => row.client === client).map(({ login }) => login),
    ).to.deep.equal(['b@example.com']);
  });

  it('tests a mailbox that has no password yet, if its servers are known', async () => {
    const { run, relayPasswords } = await setup();
    expect(await codeOf(run('new@example.com'))).to.equal('relay-invalid');
    expect(relayPasswords.rows).to.have.length(4);
  });
});
