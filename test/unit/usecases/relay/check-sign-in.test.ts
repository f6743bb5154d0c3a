import { expect } from 'chai';
import { createFailedSignIns } from '../../../../plugin/domain/relay/failed-sign-ins.js';
import { type StoredRelayPassword, selectorOf } from '../../../../plugin/domain/relay/relay-password.js';
import { hashPassword } from '../../../../plugin/lib/password-hash.js';
import { createSignInCheck } from '../../../../plugin/usecases/relay/check-sign-in.js';
import { until } from '../../../lab/ports.js';
import { fixedClock } from '../../../support/fixed-clock.js';

const PASSWORD = 'selector0123456789abcdef';
const OTHER = `${PASSWORD.slice(0, -1)}X`;
const LOGIN = 'support@example.test';

async function setup(pause?: (ms: number, signal?: AbortSignal) => Promise<void>) {
  const clock = fixedClock();
  const waits: number[] = [];
  const uses: Date[] = [];
  const stored: StoredRelayPassword[] = [
    {
      id: 3,
      configId: 7,
      login: LOGIN,
      client: 'Helpdesk',
      servers: {},
      createdAt: clock(),
      createdBy: 1,
      lastUsedAt: null,
      isOrphan: false,
      hash: await hashPassword(PASSWORD),
    },
  ];
  const check = createSignInCheck({
    relayPasswords: {
      find: async (selector) => stored.find(() => selector === selectorOf(PASSWORD)) ?? null,
      noteUse: async (_id, at) => {
        uses.push(at);
        for (const one of stored) one.lastUsedAt = at;
      },
    },
    failedSignIns: createFailedSignIns(clock),
    clock,
    log: { info() {}, warn() {}, error() {} },
    pause: async (ms, signal) => {
      waits.push(ms);
      await pause?.(ms, signal);
    },
  });
  const attempt = (password: string, login = LOGIN, address = '192.0.2.1', signal?: AbortSignal) =>
    check({ login, password, address, signal }).then(
      ({ id }) => `password ${id}`,
      (error) => `${error.kind}: ${error.message}`,
    );
  return { attempt, clock, waits, uses, stored };
}

const WRONG = 'credentials: Wrong user name or relay password.';
const BUSY = 'passing: Too many sign-ins with this user name are waiting. Try again in a moment.';

/** Waits end when they are released, or when their client leaves. */
function held() {
  const releases: (() => void)[] = [];
  const pause = (_ms: number, signal?: AbortSignal) =>
    new Promise<void>((resolve, reject) => {
      releases.push(resolve);
      signal?.addEventListener('abort', () => reject(signal.reason), { once: true });
    });
  const waiting = (count: number) => until('a wait', () => releases.length === count);
  return { releases, pause, waiting };
}

describe('a sign-in at the relay', () => {
  it('succeeds with the mailbox and its password, in any case of the address', async () => {
    const { attempt } = await setup();
    expect(await attempt(PASSWORD)).to.equal('password 3');
    expect(await attempt(PASSWORD, ' Support@Example.Test ')).to.equal('password 3');
  });

  it('fails with the same words for a wrong password, another mailbox, and what cannot be a password', async () => {
    const { attempt } = await setup();
    for (const [password, login] of [
      [OTHER, LOGIN],
      [PASSWORD, 'sales@example.test'],
      ['', LOGIN],
      ['x'.repeat(24), LOGIN],
      [`${PASSWORD} `, LOGIN],
    ] as const)
      expect(await attempt(password, login), `${password} ${login}`).to.equal(WRONG);
  });

  it('fails at once after a revocation, although the password was right before', async () => {
    const { attempt, stored } = await setup();
    expect(await attempt(PASSWORD)).to.equal('password 3');
    stored.length = 0;
    expect(await attempt(PASSWORD)).to.equal(WRONG);
  });

  it('waits longer with each failure of the mailbox or the address, up to 30 s, and forgets after 15 minutes', async () => {
    const { attempt, waits, clock } = await setup();
    for (let count = 0; count < 10; count++) await attempt(OTHER);
    expect(waits).to.deep.equal([1000, 2000, 4000, 8000, 16_000, 30_000, 30_000]);
    waits.length = 0;
    expect(await attempt(OTHER, 'sales@example.test')).to.equal(WRONG);
    expect(await attempt(OTHER, LOGIN, '192.0.2.7')).to.equal(WRONG);
    expect(await attempt(OTHER, 'info@example.test', '192.0.2.8')).to.equal(WRONG);
    expect(waits).to.deep.equal([30_000, 30_000]);
    waits.length = 0;
    clock.advance(15 * 60);
    await attempt(OTHER);
    expect(waits).to.deep.equal([]);
  });

  it('waits as long when many come at once', async () => {
    const { attempt, waits } = await setup();
    const answers = await Promise.all(Array.from({ length: 6 }, () => attempt(OTHER)));
    expect(answers).to.deep.equal(Array.from({ length: 6 }, () => WRONG));
    expect(waits).to.deep.equal([1000, 2000, 4000]);
  });

  it('of a client that opens many connections at once does not wait', async () => {
    const { attempt, waits } = await setup();
    const answers = await Promise.all(Array.from({ length: 100 }, () => attempt(PASSWORD)));
    expect(new Set(answers)).to.deep.equal(new Set(['password 3']));
    expect(waits).to.deep.equal([]);
  });

  it('of a client whose password was right before does not wait for the failures of others', async () => {
    const { attempt, waits } = await setup();
    expect(await attempt(PASSWORD)).to.equal('password 3');
    for (let count = 0; count < 8; count++) await attempt(OTHER);
    waits.length = 0;
    expect(await attempt(PASSWORD)).to.equal('password 3');
    expect(waits).to.deep.equal([]);
  });

  it('from this machine is not delayed by failures of other user names', async () => {
    const { attempt, waits } = await setup();
    for (const address of ['127.0.0.1', '::1', '', '192.0.2.1']) {
      for (let count = 0; count < 3; count++) await attempt(OTHER, `${address}@example.test`, address);
      expect(waits, address).to.deep.equal([]);
      await attempt(OTHER, `other-${address}@example.test`, address);
      expect(waits, address).to.deep.equal(address === '192.0.2.1' ? [1000] : []);
    }
  });

  it('is told to come back where five wait already, and that does not count as a failure', async () => {
    const { pause, waiting, releases } = held();
    const { attempt, waits } = await setup(pause);
    for (let count = 0; count < 3; count++) await attempt(OTHER);
    const answers: string[] = [];
    const attempts = Array.from({ length: 20 }, () =>
      attempt(OTHER).then((answer) => void answers.push(answer)),
    );
    await until('the refusals', () => answers.length === 15);
    expect(new Set(answers)).to.deep.equal(new Set([BUSY]));
    for (let count = 1; count <= 5; count++) {
      await waiting(count);
      releases[count - 1]?.();
    }
    await Promise.all(attempts);
    expect(answers.slice(15)).to.deep.equal(Array.from({ length: 5 }, () => WRONG));
    expect(waits).to.deep.equal([1000, 2000, 4000, 8000, 16_000]);
  });

  it('that came with many others before the first failure does not wait behind all of them', async () => {
    const { attempt, waits } = await setup();
    const answers = await Promise.all(Array.from({ length: 100 }, () => attempt(OTHER)));
    expect(answers.filter((answer) => answer === BUSY)).to.have.length(92);
    expect(answers.filter((answer) => answer === WRONG)).to.have.length(8);
    expect(waits).to.deep.equal([1000, 2000, 4000, 8000, 16_000]);
  });

  it('of a client that leaves while it waits ends at once and gives its place to another one', async () => {
    const { pause, waiting, releases } = held();
    const { attempt } = await setup(pause);
    for (let count = 0; count < 3; count++) await attempt(OTHER);
    const leaving = Array.from({ length: 5 }, () => new AbortController());
    const left = leaving.map(({ signal }) => attempt(OTHER, LOGIN, '192.0.2.1', signal));
    await waiting(1);
    expect(await attempt(PASSWORD)).to.equal(BUSY);
    for (const client of leaving.reverse()) client.abort();
    expect(await Promise.all(left)).to.deep.equal(Array.from({ length: 5 }, () => BUSY));
    const next = attempt(PASSWORD);
    await waiting(2);
    releases[1]?.();
    expect(await next).to.equal('password 3');
  });

  it('fails if the password was revoked or replaced while its client waited', async () => {
    for (const change of [
      (stored: StoredRelayPassword[]) => stored.pop(),
      (stored: StoredRelayPassword[]) => stored.push({ ...(stored.pop() as StoredRelayPassword), id: 4 }),
    ]) {
      const { pause, waiting, releases } = held();
      const { attempt, stored } = await setup(pause);
      for (let count = 0; count < 3; count++) await attempt(OTHER);
      const attempted = attempt(PASSWORD);
      await waiting(1);
      change(stored);
      releases[0]?.();
      expect(await attempted).to.equal(WRONG);
    }
  });

  it('notes the use once a minute', async () => {
    const { attempt, uses, clock } = await setup();
    await attempt(PASSWORD);
    await attempt(PASSWORD);
    expect(uses).to.have.length(1);
    clock.advance(60);
    await attempt(PASSWORD);
    expect(uses).to.have.length(2);
  });
});

describe('failed sign-ins', () => {
  it('are remembered for 10,000 keys at most; the oldest goes first', () => {
    const failed = createFailedSignIns(fixedClock());
    for (let count = 0; count < 4; count++) failed.note(['first']);
    for (let count = 0; count < 9999; count++) failed.note([`login ${count}`]);
    expect(failed.delay(['first'])).to.equal(2000);
    failed.note(['one more']);
    expect(failed.delay(['first'])).to.equal(0);
  });
});
