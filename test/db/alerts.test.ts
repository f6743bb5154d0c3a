import { expect } from 'chai';
import { openDatabase } from '../../db/database.js';
import { createOutbox } from '../../db/repositories/alert-messages.js';
import { createAlerts } from '../../db/repositories/alerts.js';
import { createRenewalStore } from '../../db/repositories/renewals.js';
import { createStateChangeStore } from '../../db/repositories/state-changes.js';
import { createTokenConfigStore } from '../../db/repositories/token-configs.js';
import { createWebhook } from '../../plugin/alert/webhook.js';
import type { AlertChannel, Heartbeat } from '../../plugin/domain/alert/alert-channel.js';
import type { AlertStore } from '../../plugin/domain/alert/alert-store.js';
import type { StateKind } from '../../plugin/domain/token/token-state.js';
import { inEnglish } from '../../plugin/lib/phrase.js';
import { addressRules } from '../../plugin/lib/safe-address.js';
import { createHttpSender } from '../../plugin/oauth/http-sender.js';
import { createAlertService } from '../../plugin/usecases/alert/alert-service.js';
import { until } from '../lab/ports.js';
import { settingsReader } from '../support/samples.js';
import { type ReceivedHook, webhookReceiver } from '../support/webhook-receiver.js';
import { config, type Fixture, fixture } from './fixture.js';

const SECRET = 'whsec_MfKQ9r8GKYqrTwjUPD8ILPZIo2LaLaSw';
const MINUTE = 60_000;
const HOUR = 60 * MINUTE;

interface Body {
  type: string;
  data: { title: string; groups: { state: string; count: number; subjects: { name: string }[] }[] };
}
const body = (hook: ReceivedHook | undefined): Body => hook?.verified as Body;

describe('alerts in the database', () => {
  let fix: Fixture;
  let receiver: Awaited<ReturnType<typeof webhookReceiver>>;
  const second: { close(): Promise<void> }[] = [];
  const lines: unknown[] = [];
  before(async function () {
    this.timeout(120_000);
    fix = await fixture();
    receiver = await webhookReceiver(SECRET);
  });
  after(async () => {
    await receiver.close();
    await Promise.all(second.map((db) => db.close()));
    await fix.close();
  });
  beforeEach(async () => {
    for (const table of ['renewal', 'alert', 'alert_message', 'alert_channel'])
      await fix.rows(`DELETE FROM oauth2_sidecar_${table}`);
    await fix.rows('DELETE FROM oauth2_token_config');
    await fix.rows("INSERT INTO oauth2_sidecar_alert_channel (channel) VALUES ('all')");
    receiver.received.length = 0;
    receiver.answer.with = (_request, response) => response.writeHead(204).end();
    lines.length = 0;
    fix.clock.now = new Date('2026-07-01T12:00:00Z');
  });

  const pass = (ms: number) => {
    fix.clock.now = new Date(fix.clock.now.getTime() + ms);
  };

  /** A sidecar with its own connections. */
  function sidecar(
    holder: string,
    store: Partial<AlertStore> = {},
    {
      others = [],
      heartbeat = null,
      isWell = true,
    }: {
      others?: AlertChannel[];
      heartbeat?: Heartbeat | null;
      isWell?: boolean;
    } = {},
  ) {
    const db = openDatabase(fix.address);
    second.push(db);
    const reader = settingsReader({ FQDN: 'help.example' });
    const write = (level: string) => (facts: object, message: string) =>
      void lines.push([level, message, facts]);
    const send = createHttpSender({
      settings: reader,
      addresses: addressRules(['127.0.0.1']),
      limit: 20_000,
    });
    const webhook = createWebhook(
      { url: new URL(receiver.url), key: Buffer.from(SECRET.slice(6), 'base64'), format: 'standard' },
      { send, clock: () => new Date() },
    );
    return createAlertService({
      alerts: { ...createAlerts({ db }), ...createOutbox({ db }), ...store },
      channels: {
        current: async () => [webhook, ...others],
        heartbeat: async () => heartbeat,
        setups: async () => [],
      },
      isWell: () => isWell,
      settings: reader,
      reader: () => ({
        t: inEnglish,
        time: (at) => at.toISOString(),
        show: { time: (at) => at.toISOString(), date: (day) => day.toISOString() },
      }),
      describe: async () => new Map(),
      link: () => 'https://help.example/overview',
      metrics: { alert: () => undefined, alertChannels: () => undefined },
      holder,
      clock: fix.clock,
      log: { info: write('info'), warn: write('warn'), error: write('error') },
    });
  }

  const add = (name: string): Promise<number> => createTokenConfigStore(fix).insert(config(name), 1);
  async function set(ids: number[], kind: Exclude<StateKind, 'renewing'>, rank: number): Promise<void> {
    await createRenewalStore(fix).schedule(
      ids.map((configId) => ({
        configId,
        at: null,
        reason: 'not_due' as const,
        mark: { kind, rank, notice: false, endsAt: null, provider: 'a.example', told: { kind, rank } },
      })),
    );
    await createStateChangeStore(fix).take(fix.clock(), 500);
  }

  /** A mailbox that worked and broke. */
  async function broken(...names: string[]): Promise<number[]> {
    const ids: number[] = [];
    for (const name of names) ids.push(await add(name));
    await set(ids, 'valid', 7);
    await set(ids, 'client-rejected', 0);
    return ids;
  }

  it('tell a change once, whichever of two sidecars looks first, with a signature that verifies', async () => {
    await broken('Support');
    pass(2 * MINUTE);
    const [one, two] = [sidecar('one'), sidecar('two')];
    await Promise.all([one.tick(), two.tick()]);
    await Promise.all([one.tick(), two.tick()]);
    expect(receiver.received).to.have.length(1);
    const { type, data } = body(receiver.received[0]);
    expect(type).to.equal('alert.problem');
    expect(data.title).to.equal('[help.example] Needs attention: Support');
    expect(data.groups.map(({ state, count }) => [state, count])).to.deep.equal([['client-rejected', 1]]);
  });

  it('arrive again with the same ID where a sidecar ends before it notes the delivery', async () => {
    await broken('Support');
    pass(2 * MINUTE);
    const dying = sidecar('dying', { sent: () => Promise.reject(new Error('killed')) });
    await dying.tick();
    const next = sidecar('next');
    await next.tick();
    expect(receiver.received, 'while the lease lasts').to.have.length(1);
    await fix.rows('UPDATE oauth2_sidecar_alert_message SET lease_until = 1');
    await next.tick();
    await next.tick();
    const ids = receiver.received.map(({ headers }) => headers['webhook-id']);
    expect(ids).to.have.length(2);
    expect(new Set(ids).size).to.equal(1);
    expect(ids[0]).to.match(/^msg_[0-9a-f]{32}$/);
  });

  it('put three hundred mailboxes behind one dead secret into one message', async function () {
    this.timeout(60_000);
    await broken(...Array.from({ length: 300 }, (_none, at) => `Mailbox ${String(at).padStart(3, '0')}`));
    pass(2 * MINUTE);
    const one = sidecar('one');
    await one.tick();
    await one.tick();
    expect(receiver.received).to.have.length(1);
    const { data } = body(receiver.received[0]);
    expect(data.title).to.equal('[help.example] Needs attention: Mailbox 000 (300 in all)');
    expect(data.groups.map(({ count, subjects }) => [count, subjects.length])).to.deep.equal([[300, 20]]);
  });

  it('tell those that follow with the same cause together, an hour later', async () => {
    await broken('first');
    pass(2 * MINUTE);
    const one = sidecar('one');
    await one.tick();
    await broken('second');
    pass(5 * MINUTE);
    await one.tick();
    await broken('third');
    pass(50 * MINUTE);
    await one.tick();
    expect(receiver.received).to.have.length(1);
    pass(5 * MINUTE);
    await one.tick();
    expect(receiver.received).to.have.length(2);
    expect(body(receiver.received[1]).data.groups[0]?.subjects.map(({ name }) => name)).to.have.members([
      'second',
      'third',
    ]);
  });

  it('remind once a day while it lasts, and say once when all of it is over', async () => {
    const [first, other] = await broken('first', 'other');
    pass(2 * MINUTE);
    const one = sidecar('one');
    await one.tick();
    pass(24 * HOUR);
    await one.tick();
    await one.tick();
    expect(receiver.received.map((hook) => body(hook).type)).to.deep.equal([
      'alert.problem',
      'alert.reminder',
    ]);
    pass(MINUTE);
    await set([first as number], 'valid', 7);
    pass(5 * MINUTE);
    await set([other as number], 'valid', 7);
    pass(9 * MINUTE);
    await one.tick();
    expect(receiver.received, 'must be well for ten minutes').to.have.length(2);
    pass(MINUTE);
    await one.tick();
    await one.tick();
    expect(receiver.received.map((hook) => body(hook).type).slice(2)).to.deep.equal(['alert.resolved']);
    expect(body(receiver.received[2]).data.groups[0]?.count).to.equal(2);
    pass(48 * HOUR);
    await one.tick();
    expect(receiver.received, 'no reminder of what is over').to.have.length(3);
    expect(await fix.rows('SELECT subject FROM oauth2_sidecar_alert')).to.deep.equal([]);
  });

  it('say nothing of what is over before it is told, and tell flapping as one problem', async () => {
    const ids = await broken('Support');
    pass(MINUTE);
    await set(ids, 'valid', 7);
    pass(HOUR);
    const one = sidecar('one');
    await one.tick();
    expect(receiver.received).to.have.length(0);
    for (let at = 0; at < 30; at++) {
      await set(ids, 'client-rejected', 0);
      pass(3 * MINUTE);
      await one.tick();
      await set(ids, 'valid', 7);
      pass(3 * MINUTE);
      await one.tick();
    }
    expect(receiver.received.map((hook) => body(hook).type)).to.deep.equal(['alert.problem']);
  });

  it('hold up neither each other nor anything else where one channel hangs', async () => {
    await broken('Support');
    pass(2 * MINUTE);
    let asked = 0;
    let release: () => void = () => undefined;
    const hanging: AlertChannel = {
      name: 'mail',
      send() {
        asked++;
        return new Promise((resolve) => {
          release = () => resolve({ ok: true, answer: '' });
        });
      },
    };
    const one = sidecar('one', {}, { others: [hanging] });
    void one.tick();
    await until('the webhook', () => receiver.received.length === 1);
    await until('the mail', () => asked === 1);
    await broken('Other');
    pass(HOUR);
    void one.tick();
    await until('the next webhook', () => receiver.received.length === 2);
    expect(asked, 'one message at a time').to.equal(1);
    release();
  });

  it('are kept for a channel that only another sidecar has, until none has had it for ten minutes', async () => {
    await broken('Support');
    pass(2 * MINUTE);
    const mails: string[] = [];
    const mail: AlertChannel = {
      name: 'mail',
      async send({ type }) {
        mails.push(type);
        return { ok: mails.length > 2, answer: '' };
      },
    };
    const [both, one] = [sidecar('both', {}, { others: [mail] }), sidecar('one')];
    for (let at = 0; at < 4; at++) {
      await both.tick();
      await one.tick();
      pass(5 * MINUTE);
    }
    expect(mails, 'tried until it arrives, and not told again').to.deep.equal([
      'problem',
      'problem',
      'problem',
    ]);
    for (let at = 0; at < 3; at++) {
      await one.tick();
      pass(5 * MINUTE);
    }
    await both.tick();
    expect(mails.slice(3), 'switched on again').to.deep.equal(['reminder']);
  });

  it('report a channel that fails, until a message arrives', async () => {
    receiver.answer.with = (_request, response) => response.writeHead(503).end('later');
    await broken('Support');
    pass(2 * MINUTE);
    const one = sidecar('one');
    const store = createOutbox({ db: fix.db });
    const health = async () =>
      (await store.health(fix.clock())).map(({ channel, failures, lastError, waiting }) => [
        channel,
        failures,
        lastError,
        waiting,
      ]);
    for (let at = 0; at < 3; at++) {
      await one.tick();
      pass(5 * MINUTE);
    }
    expect(await health()).to.deep.equal([['webhook', 3, 'HTTP 503: later', 1]]);
    receiver.answer.with = (_request, response) => response.writeHead(204).end();
    pass(30 * MINUTE);
    await one.tick();
    expect(await health()).to.deep.equal([['webhook', 0, null, 0]]);
    expect(new Set(receiver.received.map(({ headers }) => headers['webhook-id'])).size).to.equal(1);
  });

  it('are no reason to call the heartbeat: it is called once an interval while no error lasts', async () => {
    let calls = 0;
    const heartbeat: Heartbeat = {
      every: 5 * MINUTE,
      async send() {
        calls++;
        return { ok: true, answer: 'HTTP 200' };
      },
    };
    const [one, two] = [sidecar('one', {}, { heartbeat }), sidecar('two', {}, { heartbeat })];
    const both = () => Promise.all([one.tick(), two.tick()]);
    await both();
    await both();
    expect(calls, 'two sidecars').to.equal(1);
    pass(5 * MINUTE);
    await both();
    expect(calls).to.equal(2);
    const ids = await broken('Support');
    pass(MINUTE);
    expect(calls, 'not due').to.equal(2);
    pass(4 * MINUTE);
    await both();
    await both();
    expect(calls, 'while an error lasts').to.equal(2);
    await set(ids, 'valid', 7);
    await both();
    expect(calls).to.equal(3);
    pass(5 * MINUTE);
    await sidecar('three', {}, { heartbeat, isWell: false }).tick();
    expect(calls, 'of a sidecar that stands still').to.equal(3);
  });
});
