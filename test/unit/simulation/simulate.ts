import { MemoryJournal } from '../../support/memory-journal.js';
import { createRandom } from '../../support/random.js';
import { configOf, tokenOf } from '../../support/samples.js';
import { createBuckets } from './buckets.js';
import { createJudge } from './judge.js';
import { createProvider, type Grant } from './provider.js';
import { createSidecar, ForgetfulJournal, inherit } from './sidecar.js';
import { createDatabase, type Rule } from './stores.js';

const MINUTE = 60_000;
const HOUR = 60 * MINUTE;
const DAY = 24 * HOUR;
const START = Date.parse('2026-03-01T00:00:00Z');
const HOSTS = 6;
/** The clocks of three hosts never agree. Milliseconds. */
const SKEWS = [0, -20_000, 15_000];

export interface Size {
  seed: number;
  configs: number;
  days: number;
  /** A rule to leave out, to check that the simulation notices. */
  without?: Rule | undefined;
  /** How often one of the three sidecars dies. */
  killsADay?: number;
}

/**
 * Simulates a number of days of a number of configurations in virtual time, minute by minute. The same seed repeats the
 * same run, so the randomness of waits after failures comes from the seed as well.
 * @returns the counters
 */
export async function simulate(size: Size) {
  const { random } = Math;
  Math.random = createRandom(size.seed + 1).next;
  try {
    return await play(size);
  } finally {
    Math.random = random;
  }
}

async function play({ seed, configs, days, without, killsADay = 3 }: Size) {
  const random = createRandom(seed);
  const end = START + days * DAY;
  let now = START;
  const clock = () => new Date(now);
  const provider = createProvider(START, end, HOSTS, random, clock, (id) => judge.reused(id));
  const grantOf = (id: number) => provider.grants[id] as Grant;
  const database = createDatabase(START, clock, (id, event) => onEvent(id, event.outcome), without);
  const judge = createJudge({ start: START, configs, clock, provider, rows: database.rows });
  const todo = createBuckets(START);
  const tasks = new Map<number, { at: number; work: () => void }[]>();
  let killed = 0;
  let lost = 0;

  const later = (id: number, minutes: number, work: () => void): void => {
    const at = now + minutes * MINUTE;
    tasks.set(id, [...(tasks.get(id) ?? []), { at, work }]);
    todo.add(id, at);
  };

  const plain = configOf();
  for (let id = 0; id < configs; id++) {
    const lifetime = id % 250 === 0 ? HOUR : (20 + (id % 9)) * HOUR;
    const whole = { alive: true, secretIsRight: true, soundSince: START, issuedAt: START, troubledAt: 0 };
    provider.grants[id] = { ...whole, serial: 1, rotates: id % 2 === 0, lifetime, host: id % HOSTS };
    const Request = {
      URL: `https://host-${id % HOSTS}.example/token?id=${id}`,
      AutofilledParametersMapping: { refresh_token: 'RefreshToken' as const },
    };
    const document = { ClientID: 'c', Requests: { TokenByRefreshToken: { Request } } };
    const token = tokenOf({
      configId: id,
      accessToken: `access.${START}.0`,
      refreshToken: 'refresh.1',
      accessTokenExpiresAt: new Date(START + lifetime),
      changeTime: new Date(START),
    });
    database.add({ ...plain, id, name: String(id), document }, token);
    judge.expects(id, START + lifetime);
  }

  const consent = (id: number): void => {
    const grant = grantOf(id);
    Object.assign(grant, { alive: true, secretIsRight: true, serial: grant.serial + 1 });
    Object.assign(grant, { issuedAt: now, soundSince: now, troubledAt: now });
    judge.recovered(id);
    database.writeToken(id, {
      accessToken: `access.${now}.consent`,
      accessTokenExpiresAt: new Date(now + grant.lifetime),
      refreshToken: `refresh.${grant.serial}`,
    });
    judge.expects(id, now + grant.lifetime);
  };

  /** As the helpdesk's Perl refreshes: without a lease, it simply writes the row. */
  const perlRefresh = (id: number): void => {
    const row = database.rows[id];
    try {
      judge.byPerl = true;
      const answer = provider.refresh(id, row?.token.refreshToken ?? '');
      grantOf(id).troubledAt = now;
      const expires = now + Number(answer.expires_in) * 1000;
      database.writeToken(id, {
        accessToken: String(answer.access_token),
        accessTokenExpiresAt: new Date(expires),
        ...(answer.refresh_token ? { refreshToken: String(answer.refresh_token) } : {}),
      });
    } catch {
      // The row stayed as it was.
    } finally {
      judge.byPerl = false;
    }
  };

  function revoke(id: number): void {
    const grant = grantOf(id);
    if (!grant.alive) return;
    Object.assign(grant, { alive: false, soundSince: now, troubledAt: now });
    later(id, 1600 + random.below(3 * 24 * 60), () => consent(id));
  }

  function exchangeSecret(id: number): void {
    const grant = grantOf(id);
    if (!grant.secretIsRight) return;
    Object.assign(grant, { secretIsRight: false, soundSince: now, troubledAt: now });
    later(id, random.below(3 * 24 * 60), () => {
      if (!grant.secretIsRight) Object.assign(grant, { secretIsRight: true, soundSince: now });
      grant.troubledAt = now;
      database.touchConfig(id);
    });
  }

  /** An admin who is notified asks for a new consent, about a day later. */
  function onEvent(id: number, outcome: string): void {
    if (outcome !== 'interrupted') return;
    judge.told(id);
    later(id, 1600, () => consent(id));
  }

  /** Occasionally, somebody writes while our own answer is on its way. */
  function meanwhile(id: number): void {
    if (!random.chance(1 / 1000)) return;
    if (random.chance(0.5)) consent(id);
    else if (!grantOf(id).rotates) perlRefresh(id);
  }

  let born = 0;
  const bear = (journal: MemoryJournal, skew: number) => ({
    skew,
    name: `sidecar-${++born}`,
    ...createSidecar(
      {
        name: `sidecar-${born}`,
        journal,
        database,
        provider,
        clock: () => new Date(now + skew),
        random,
        isLate: without === 'lead',
      },
      meanwhile,
      (id) => {
        lost++;
        judge.lost(id);
      },
      judge.forgotten,
    ),
  });
  const sidecars = SKEWS.map((skew) =>
    bear(without === 'journal' ? new ForgetfulJournal(false) : new MemoryJournal(false), skew),
  );

  // Some things happen per day, whatever the number of configurations: to about one in a hundred of them.
  const happenings = configs / 100 / (24 * 60);
  const happens = [revoke, exchangeSecret, perlRefresh, (id: number) => grantOf(id).alive && consent(id)];
  const isDue = (id: number) => (tasks.get(id) ?? []).some(({ at }) => at <= now);

  const steps = (end - START) / MINUTE;
  for (let step = 0; step < steps; step++) {
    now = START + step * MINUTE;
    if (random.chance(happenings)) happens[random.below(4)]?.(random.below(configs));
    for (const id of todo.due(now, 1000, isDue)) {
      const list = tasks.get(id) ?? [];
      tasks.set(
        id,
        list.filter(({ at }) => at > now),
      );
      for (const { at, work } of list) if (at <= now) work();
    }
    if (random.chance(killsADay / (24 * 60))) sidecars[random.below(3)]?.killSoon();
    await Promise.all(sidecars.map((sidecar) => sidecar.tick()));
    for (const [at, sidecar] of sidecars.entries()) {
      if (sidecar.isAlive()) continue;
      killed++;
      for (const { config, lease } of database.rows)
        if (lease?.holder === sidecar.name) judge.orphaned(config.id);
      sidecars[at] = bear(inherit(sidecar.journal), sidecar.skew);
    }
    judge.ends();
    if (step % (24 * 60) === 24 * 60 - 1) judge.day();
    if (step % 600 === 0) judge.notices();
  }
  for (const sidecar of sidecars) await sidecar.tick();
  return { ...judge.verdict(), killed, lost, requestsPerDayAndToken: provider.requests() / configs / days };
}
