import { createBuckets } from './buckets.js';
import type { Grant, Provider } from './provider.js';
import type { SimulatedRow } from './stores.js';

const MINUTE = 60_000;
const HOUR = 60 * MINUTE;
const DAY = 24 * HOUR;
/** No outage lasts longer; one that follows closely after another counts with it. */
const LONGEST_AWAY = 14 * HOUR;

export interface JudgeDeps {
  start: number;
  configs: number;
  clock: () => Date;
  provider: Provider;
  rows: SimulatedRow[];
}

/** Watches provider and rows from outside, and counts what must not happen. */
export function createJudge({ start, configs, clock, provider, rows }: JudgeDeps) {
  const counts = {
    expired: 0,
    excused: 0,
    twice: 0,
    reused: 0,
    stale: 0,
    tooMany: 0,
    falseNotices: 0,
    lateNotices: 0,
    untold: 0,
    forgotten: 0,
    told: 0,
    renewals: 0,
  };
  const expected = createBuckets(start);
  /** Each end is judged once. */
  const judged: number[] = [];
  /** The newest success of each grant. */
  const newest: number[] = [];
  const requests = new Uint16Array(configs);
  /** A day's requests whose process died before the answer was stored; each is sent once more. */
  const died = new Uint16Array(configs);
  /** Answers that died with their process: since when, for providers that accept a refresh token once. */
  const lost = new Map<number, number>();
  /** Leases that a killed process left behind: since when. */
  const orphans = new Map<number, number>();
  /** The same for every provider, until it is asked again. */
  const unheard = new Set<number>();
  const time = () => clock().getTime();
  const grantOf = (id: number) => provider.grants[id] as Grant;
  const rowOf = (id: number) => rows[id] as SimulatedRow;

  /**
   * Was there time to renew in the last fifth, if one asks every quarter of an hour, and more often near the end? A
   * provider that asks for a wait cannot be reached before the wait is over. A lease that was left behind is taken over
   * five minutes before the end, or after an hour: until then its holder may come back with the answer.
   */
  function wasReachable(id: number, expired: number): boolean {
    const { lifetime, host, soundSince } = grantOf(id);
    const piece = Math.min(17 * MINUTE, Math.max(3 * MINUTE, lifetime / 20));
    const orphaned = orphans.get(id);
    const leased = orphaned === undefined ? 0 : Math.min(orphaned + HOUR + 3 * MINUTE, expired - 5 * MINUTE);
    let free = Math.max(expired - lifetime / 5, soundSince, leased);
    const from = free;
    for (const window of provider.windows[host] ?? []) {
      if (window.until <= from || window.from >= expired) continue;
      if (window.from - free >= piece) return true;
      free = Math.max(free, window.until + (window.kind === 'storm' ? 4 * MINUTE : 0));
    }
    return expired - free >= piece;
  }

  /** Within the longest wait: what failed then has not been retried yet. */
  const wasAway = (host: number, now: number) =>
    (provider.windows[host] ?? []).some(({ from, until }) => until > now - 20 * MINUTE && from <= now);

  /** A host's minutes of outage in the day that has just ended, and the number of outages. */
  function awayOf(host: number): { minutes: number; times: number } {
    const until = time() + MINUTE;
    const from = until - DAY;
    const away = (provider.windows[host] ?? []).filter((one) => one.until > from && one.from < until);
    const length = away.reduce((sum, one) => sum + Math.min(one.until, until) - Math.max(one.from, from), 0);
    return { minutes: length / MINUTE, times: away.length };
  }

  const judge = {
    byPerl: false,
    /** An access token will end then. */
    expects: (id: number, end: number): void => expected.add(id, end),
    lost(id: number): void {
      died[id] = (died[id] ?? 0) + 1;
      unheard.add(id);
      if (grantOf(id).rotates) lost.set(id, time());
    },
    /** A refresh token came twice: allowed only where the answer to the first request has died. */
    reused(id: number): void {
      if (!judge.byPerl && !lost.has(id)) counts.reused++;
    },
    recovered: (id: number): void => void lost.delete(id),
    /** The process died holding the lease: the next one cannot know whether an answer was on its way. */
    orphaned: (id: number): void => void orphans.set(id, time()),
    forgotten(number: number): void {
      counts.forgotten += number;
    },
    told(id: number): void {
      counts.told++;
      if (!lost.delete(id) && !orphans.has(id)) counts.falseNotices++;
      orphans.delete(id);
    },

    /** Tokens that the helpdesk reads at the moment they end. */
    ends(): void {
      const now = time();
      const isStill = (id: number) => {
        const ended = rowOf(id).token.accessTokenExpiresAt;
        return ended !== null && ended.getTime() <= now && judged[id] !== ended.getTime();
      };
      for (const id of expected.due(now, configs, isStill)) {
        const ended = rowOf(id).token.accessTokenExpiresAt?.getTime() ?? 0;
        const { alive, secretIsRight } = grantOf(id);
        if (alive && secretIsRight && wasReachable(id, ended)) counts.expired++;
        else counts.excused++;
        judged[id] = ended;
      }
    },

    /** The reasons on the screens, compared with the truth. */
    notices(): void {
      const now = time();
      for (let id = 0; id < configs; id++) {
        const { reason, state } = rowOf(id);
        const { alive, secretIsRight, soundSince, host } = grantOf(id);
        const since = now - soundSince;
        if (reason === 'grant_dead' && alive && since > 5 * MINUTE) counts.falseNotices++;
        if (
          reason === 'client_rejected' &&
          secretIsRight &&
          since > 30 * MINUTE &&
          !provider.windowAt(host, now)
        )
          counts.falseNotices++;
        // Both show at the next renewal: within a day, and later only as long as the provider is unavailable.
        const isLate = since > DAY + LONGEST_AWAY && !(alive && secretIsRight) && !wasAway(host, now);
        const expected = secretIsRight ? 'grant-dead' : 'client-rejected';
        const shown = state.outcome === expected || state.outcome === 'grant-dead';
        if (isLate && !shown) counts.lateNotices++;
      }
      for (const [id, at] of lost)
        if (now - at > DAY + LONGEST_AWAY) counts.untold += lost.delete(id) ? 1 : 0;
    },

    /**
     * A day's requests against the plan: as often as the token's lifetime requires and once more; again where the
     * process died; in an outage once a minute, because each probe may find the same configuration waiting alone,
     * and more often at its start. A day with changes by others is not measured.
     */
    day(): void {
      const away = provider.windows.map((_, host) => awayOf(host));
      for (let id = 0; id < configs; id++) {
        const { lifetime, host, troubledAt, alive, secretIsRight } = grantOf(id);
        const { minutes = 0, times = 0 } = away[host] ?? {};
        const plan = Math.ceil(DAY / (lifetime * 0.7)) + 1 + times * 10 + minutes;
        const meddled = time() - troubledAt < DAY + HOUR || !alive || !secretIsRight;
        if (!meddled && (requests[id] ?? 0) > plan + (died[id] ?? 0)) counts.tooMany++;
      }
      requests.fill(0);
      died.fill(0);
    },

    verdict() {
      for (let id = 0; id < configs; id++) {
        const { alive, rotates, serial } = grantOf(id);
        if (alive && rotates && rowOf(id).token.refreshToken !== `refresh.${serial}` && !lost.has(id))
          counts.stale++;
      }
      return counts;
    },
  };

  /** A second success for the same token within a quarter of its lifetime is one too many. */
  const refresh = provider.refresh.bind(provider);
  provider.refresh = (id, refreshToken) => {
    const grant = grantOf(id);
    const since = Math.max(grant.issuedAt, grant.soundSince);
    if (!judge.byPerl) requests[id] = (requests[id] ?? 0) + 1;
    const answer = refresh(id, refreshToken);
    const now = time();
    counts.renewals++;
    orphans.delete(id);
    expected.add(id, now + grant.lifetime);
    const isTwice = newest[id] === since && now - since < grant.lifetime / 4;
    if (!unheard.delete(id) && !judge.byPerl && now > start && isTwice) counts.twice++;
    newest[id] = now;
    return answer;
  };
  return judge;
}
