import { expect } from 'chai';
import { configOf, MemoryJournal, tokenOf } from '../../support/memory-stores.js';
import { createBuckets } from './buckets.js';
import { createProvider, type Grant } from './provider.js';
import { randomOf } from './random.js';
import { createSidecar, inherit } from './sidecar.js';
import { createDatabase } from './stores.js';

const MINUTE = 60_000;
const HOUR = 60 * MINUTE;
const DAY = 24 * HOUR;
const START = Date.parse('2026-03-01T00:00:00Z');
const HOSTS = 6;
/** What "reachable" takes: at least so much of the last fifth in one piece, and never less than this. */
const REACHABLE = 3 * MINUTE;

const number = (name: string, usual: number) => Number(process.env[name] || usual);

interface Counts {
  expired: number;
  excused: number;
  twice: number;
  stale: number;
  falseNotices: number;
  lateNotices: number;
  killed: number;
  lost: number;
  renewals: number;
  requestsPerDayAndToken: number;
}

async function simulate(seed: number, configs: number, days: number): Promise<Counts> {
  const random = randomOf(seed);
  const end = START + days * DAY;
  let now = START;
  const clock = () => new Date(now);
  const database = createDatabase(START, clock);
  const provider = createProvider(START, end, HOSTS, random, clock);
  const ends = createBuckets(START);
  const todo = createBuckets(START);
  const tasks = new Map<number, { at: number; work: () => void }[]>();
  const lost = new Set<number>();
  const counts: Counts = {
    expired: 0,
    excused: 0,
    twice: 0,
    stale: 0,
    falseNotices: 0,
    lateNotices: 0,
    killed: 0,
    lost: 0,
    renewals: 0,
    requestsPerDayAndToken: 0,
  };
  const later = (id: number, minutes: number, work: () => void): void => {
    const at = now + minutes * MINUTE;
    tasks.set(id, [...(tasks.get(id) ?? []), { at, work }]);
    todo.add(id, at);
  };
  const grantOf = (id: number) => provider.grants[id] as Grant;
  const rowOf = (id: number) => database.rows[id] as (typeof database.rows)[number];
  /** Since when the grant is whole and its secret is right, for the reckoning of excuses. */
  const soundSince: number[] = [];

  for (let id = 0; id < configs; id++) {
    const lifetime = id % 250 === 0 ? HOUR : (20 + (id % 9)) * HOUR;
    provider.grants[id] = {
      alive: true,
      serial: 1,
      rotates: id % 2 === 0,
      secretIsRight: true,
      lifetime,
      issuedAt: START,
      diedAt: 0,
      host: id % HOSTS,
    };
    soundSince[id] = START;
    const document = {
      ClientID: 'c',
      Requests: {
        TokenByRefreshToken: {
          Request: {
            URL: `https://host-${id % HOSTS}.example/token?id=${id}`,
            AutofilledParametersMapping: { refresh_token: 'RefreshToken' },
          },
        },
      },
    };
    database.add(
      configOf({ id, name: String(id), document }),
      tokenOf({
        configId: id,
        accessToken: `access.${START}.0`,
        refreshToken: 'refresh.1',
        accessTokenExpiresAt: new Date(START + lifetime),
        changeTime: new Date(START),
      }),
    );
    ends.add(id, START + lifetime);
  }

  const consent = (id: number): void => {
    const grant = grantOf(id);
    Object.assign(grant, { alive: true, secretIsRight: true, serial: grant.serial + 1, issuedAt: now });
    soundSince[id] = now;
    lost.delete(id);
    database.writeToken(id, {
      accessToken: `access.${now}.consent`,
      accessTokenExpiresAt: new Date(now + grant.lifetime),
      refreshToken: `refresh.${grant.serial}`,
    });
    ends.add(id, now + grant.lifetime);
  };

  /** As the helpdesk's Perl refreshes: no lease, the row simply written. */
  const perlRefresh = (id: number): void => {
    const row = rowOf(id);
    try {
      const answer = provider.refresh(id, row.token.refreshToken ?? '');
      const expires = now + Number(answer.expires_in) * 1000;
      database.writeToken(id, {
        accessToken: String(answer.access_token),
        accessTokenExpiresAt: new Date(expires),
        ...(answer.refresh_token ? { refreshToken: String(answer.refresh_token) } : {}),
      });
      ends.add(id, expires);
    } catch {
      // It stays as it was.
    }
  };

  /** Was there time to renew in the last fifth, for somebody who asks again and again? */
  function wasReachable(id: number, expired: number): boolean {
    const { lifetime, host } = grantOf(id);
    const piece = Math.max(REACHABLE, lifetime / 20);
    let free = Math.max(expired - lifetime / 5, soundSince[id] ?? 0);
    const from = free;
    for (const window of provider.windows[host] ?? []) {
      if (window.until <= from || window.from >= expired) continue;
      if (window.from - free >= piece) return true;
      // A provider that asks for a wait is not reachable before it is over.
      free = Math.max(free, window.until + (window.kind === 'storm' ? 4 * MINUTE : 0));
    }
    return expired - free >= piece;
  }

  /** Each end is judged once. */
  const judged: number[] = [];

  function checkEnds(): void {
    const isStill = (id: number) => {
      const ended = rowOf(id).token.accessTokenExpiresAt;
      return ended !== null && ended.getTime() <= now && judged[id] !== ended.getTime();
    };
    for (const id of ends.due(now, configs, isStill)) {
      const ended = rowOf(id).token.accessTokenExpiresAt?.getTime() ?? 0;
      const grant = grantOf(id);
      const sound = grant.alive && grant.secretIsRight;
      if (sound && wasReachable(id, ended)) counts.expired++;
      else counts.excused++;
      judged[id] = ended;
    }
  }

  function checkNotices(id: number): void {
    const { reason } = rowOf(id);
    const { alive, diedAt, secretIsRight } = grantOf(id);
    if (reason === 'grant_dead' && alive) counts.falseNotices++;
    // A dead grant shows at the next renewal: within a day, and longer only as long as its host is away, or as long as a
    // wrong secret, of which the admin is told, keeps us from asking.
    const host = grantOf(id).host;
    const longestAway = 7 * HOUR;
    if (
      !alive &&
      secretIsRight &&
      reason !== 'grant_dead' &&
      now - Math.max(diedAt, soundSince[id] ?? 0) > DAY + longestAway &&
      !provider.windowAt(host, now)
    )
      counts.lateNotices++;
  }

  let born = 0;
  const born1 = (journal: MemoryJournal) =>
    createSidecar(`sidecar-${born++}`, journal, database, provider, clock, random, (id) => lost.add(id));
  const sidecars = [1, 2, 3].map(() => born1(new MemoryJournal()));

  /** A second request for the same token within a quarter of its life is one too many. */
  const refresh = provider.refresh.bind(provider);
  const newest: number[] = [];
  let byPerl = false;
  provider.refresh = (id, refreshToken) => {
    const before = grantOf(id).issuedAt;
    const since = Math.max(before, soundSince[id] ?? 0);
    const answer = refresh(id, refreshToken);
    counts.renewals++;
    const expires = now + grantOf(id).lifetime;
    ends.add(id, expires);
    if (
      !byPerl &&
      !lost.has(id) &&
      now > START &&
      newest[id] === since &&
      now - since < grantOf(id).lifetime / 4
    )
      counts.twice++;
    newest[id] = now;
    return answer;
  };

  const steps = (end - START) / MINUTE;
  for (let step = 0; step < steps; step++) {
    now = START + step * MINUTE;
    // Some things happen on a day, whatever the number of configurations: about one for a hundred of them.
    const happenings = configs / 100 / (24 * 60);
    if (random.chance(happenings)) {
      const id = random.below(configs);
      const kind = random.below(4);
      const grant = grantOf(id);
      if (kind === 0 && grant.alive) {
        Object.assign(grant, { alive: false, diedAt: now });
        later(id, 1600 + random.below(3 * 24 * 60), () => consent(id));
      } else if (kind === 1 && grant.secretIsRight) {
        grant.secretIsRight = false;
        later(id, random.below(3 * 24 * 60), () => {
          grant.secretIsRight = true;
          soundSince[id] = now;
          database.touchConfig(id);
        });
      } else if (kind === 2) {
        byPerl = true;
        perlRefresh(id);
        byPerl = false;
      } else if (grant.alive) consent(id);
    }
    for (const id of todo.due(now, 1000, (one) => (tasks.get(one) ?? []).some(({ at }) => at <= now))) {
      const list = tasks.get(id) ?? [];
      for (const { at, work } of list) if (at <= now) work();
      tasks.set(
        id,
        list.filter(({ at }) => at > now),
      );
    }
    if (random.chance(1 / (3 * 24 * 60))) sidecars[random.below(3)]?.killSoon();
    await Promise.all(sidecars.map((sidecar) => sidecar.tick()));
    for (const [at, sidecar] of sidecars.entries()) {
      if (sidecar.isAlive()) continue;
      counts.killed++;
      sidecars[at] = born1(inherit(sidecar.journal));
    }
    checkEnds();
    if (step % 600 === 0) for (let id = 0; id < configs; id++) checkNotices(id);
  }
  for (const sidecar of sidecars) await sidecar.tick();
  for (let id = 0; id < configs; id++) {
    const { alive, rotates, serial } = grantOf(id);
    if (alive && rotates && rowOf(id).token.refreshToken !== `refresh.${serial}` && !lost.has(id))
      counts.stale++;
  }
  counts.lost = lost.size;
  counts.requestsPerDayAndToken = provider.requests() / configs / days;
  return counts;
}

describe('simulation of many days', () => {
  const seed = number('SIM_SEED', 20261124);
  const configs = number('SIM_CONFIGS', 10_000);
  const days = number('SIM_DAYS', 120);

  it(`${configs} configurations, ${days} days, three sidecars of which one dies at random`, async function () {
    this.timeout(1_200_000);
    const replay = `SIM_SEED=${seed} SIM_CONFIGS=${configs} SIM_DAYS=${days} npx mocha test/unit/simulation/simulation.test.ts`;
    const counts = await simulate(seed, configs, days);
    const { killed, renewals, excused, lost, requestsPerDayAndToken, ...faults } = counts;
    if (process.env.SIM_REPORT) console.log(counts);
    expect(faults, `play it again: ${replay}`).to.deep.equal({
      expired: 0,
      twice: 0,
      stale: 0,
      falseNotices: 0,
      lateNotices: 0,
    });
    expect(killed, replay).to.be.greaterThan(days / 10);
    expect(excused, 'tokens that nobody could have renewed').to.be.greaterThan(0);
    // One a day for long ones; for one in 250 with an hour about 33; retries in outages on top.
    expect(requestsPerDayAndToken, replay).to.be.within(1, 3);
    expect(renewals).to.be.greaterThan(configs * days);
    expect(lost).to.be.lessThan(killed);
  });
});
