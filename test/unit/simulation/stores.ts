import type { TokenConfig } from '../../../plugin/domain/configuration/token-config.js';
import { tokenUrl } from '../../../plugin/domain/provider/provider.js';
import { TOO_FAR } from '../../../plugin/domain/token/due-time.js';
import type { TokenEvent } from '../../../plugin/domain/token/event-store.js';
import { NEW_STATE, type RenewalState } from '../../../plugin/domain/token/renewal.js';
import type { Attempt, RenewalRow, RenewalStore } from '../../../plugin/domain/token/renewal-store.js';
import type { StoredToken } from '../../../plugin/domain/token/token.js';
import type { TokenStore } from '../../../plugin/domain/token/token-store.js';
import { hostOf } from '../../../plugin/lib/host-of.js';
import { createBuckets } from './buckets.js';

/** One database for all: the rules of db/repositories, fast enough for millions of renewals. */
export interface SimulatedRow {
  config: TokenConfig;
  token: StoredToken;
  state: RenewalState;
  dueAt: number | null;
  reason: string | null;
  lease: { holder: string; until: number } | null;
  /** As the provider asked. */
  notBefore: number;
  provider: string;
  /** The refresh token whose answer was lost. */
  lostAnswerOf: string | null;
}

/** Rules that can be left out, to check that the simulation notices. */
export type Rule = 'compare-and-set' | 'lease' | 'journal' | 'lead' | 'reset';

export function createDatabase(
  start: number,
  clock: () => Date,
  onEvent: (configId: number, event: TokenEvent) => void,
  without?: Rule,
) {
  const rows: SimulatedRow[] = [];
  const due = createBuckets(start);
  /** Rows with no due time, or one that is far away. */
  const undue = new Set<number>();
  /** What somebody else has written since the last pass. */
  const changed = new Set<number>();
  const written = new Set<number>();

  /** Rows that have failed since their last success, by provider: most of the rows need no look. */
  const waiting = new Map<string, Set<number>>();
  function waitingAt(provider: string): Set<number> {
    const ids = waiting.get(provider) ?? new Set<number>();
    waiting.set(provider, ids);
    return ids;
  }
  function stillWaiting(provider: string, now: Date): number[] {
    const isWaiting = (id: number) => {
      const { state } = rowOf(id);
      return ['transient', 'invalid-answer'].includes(state.outcome ?? '') && (state.retryAt ?? now) > now;
    };
    return [...waitingAt(provider)].filter(isWaiting);
  }

  const rowOf = (id: number): SimulatedRow => rows[id] as SimulatedRow;
  const view = ({ config, token, state, lostAnswerOf }: SimulatedRow): RenewalRow => ({
    config,
    token,
    renewal: lostAnswerOf === token.refreshToken ? state : { ...state, lostAnswer: null },
  });

  function setDue(id: number, at: number | null): void {
    rowOf(id).dueAt = at;
    if (at !== null) due.add(id, at);
    if (at === null || at > clock().getTime() + TOO_FAR) undue.add(id);
    else undue.delete(id);
  }

  function apply(id: number, { state, holder, event }: Attempt): void {
    const row = rowOf(id);
    if (event) onEvent(id, event);
    row.state = {
      failures: state.failures,
      outcome: state.outcome,
      retryAt: state.retryAt,
      failingSince: state.failingSince,
      error: state.error,
      lastSuccessAt: state.succeededAt ?? row.state.lastSuccessAt,
      receivedAt: state.receivedAt === undefined ? row.state.receivedAt : state.receivedAt,
      otherMailbox: null,
      missingScopes: state.missingScopes ?? row.state.missingScopes,
      mail: null,
      lostAnswer: state.lostAnswer === undefined ? row.state.lostAnswer : state.lostAnswer,
    };
    row.lostAnswerOf = row.token.refreshToken;
    row.notBefore = state.notBefore?.getTime() ?? 0;
    if (state.outcome === 'renewed') waiting.get(row.provider)?.delete(id);
    else waitingAt(row.provider).add(id);
    row.reason = state.reason;
    setDue(id, state.dueAt?.getTime() ?? null);
    if (row.lease?.holder === holder) row.lease = null;
  }

  const tokens: TokenStore = {
    get: async (id) => rowOf(id).token,
    async save(expected, answer, _userId, attempt) {
      const row = rowOf(expected.configId);
      const isAsExpected =
        row.token.accessToken === expected.accessToken && row.token.refreshToken === expected.refreshToken;
      if (!isAsExpected && without !== 'compare-and-set') return false;
      const clean = { errorMessage: null, errorDescription: null, errorCode: null, changeTime: clock() };
      row.token = { ...row.token, ...answer, ...clean };
      if (attempt) apply(expected.configId, attempt);
      return true;
    },
    clear: async () => false,
    async saveError(id, fields, _userId, attempt) {
      const row = rowOf(id);
      row.token = { ...row.token, ...fields, changeTime: clock() };
      if (attempt) apply(id, attempt);
    },
    problems: async () => ({ rows: [], total: 0 }),
  };

  const renewals: RenewalStore = {
    async due(now, limit) {
      const time = now.getTime();
      const isStill = (id: number) => {
        const { dueAt } = rowOf(id);
        return dueAt !== null && dueAt <= time;
      };
      return due.due(time, limit, isStill).map((id) => view(rowOf(id)));
    },
    one: async (id) => view(rowOf(id)),
    nextDue: async () => null,
    async schedule(entries) {
      for (const { configId, at, reason } of entries) {
        rowOf(configId).reason = reason;
        setDue(configId, at?.getTime() ?? null);
      }
    },
    async unscheduled(now, after, limit) {
      const isTooFar = (id: number) =>
        (rowOf(id).dueAt ?? Number.POSITIVE_INFINITY) > now.getTime() + TOO_FAR;
      const isFree = (id: number) => (rowOf(id).lease?.until ?? 0) <= clock().getTime();
      return [...undue]
        .filter((id) => (id > after || after === 0) && rowOf(id).config.validId === 1)
        .filter((id) => isTooFar(id) && isFree(id))
        .sort((left, right) => left - right)
        .slice(0, limit)
        .map((id) => view(rowOf(id)));
    },
    noteTimes: async () => undefined,
    lookAgain: async () => undefined,
    setBack: async () => 0,
    holdOff: async () => undefined,
    async acquire(id, holder, ttlMs) {
      const row = rowOf(id);
      const now = clock().getTime();
      const until = row.lease?.until ?? 0;
      if (without !== 'lease' && until > now && until <= now + 2 * ttlMs) return null;
      if (row.lease && without !== 'lease')
        return { holder: row.lease.holder, endedAt: until === 0 ? null : new Date(until) };
      row.lease = { holder, until: now + ttlMs };
      return 'taken';
    },
    async takeOver(id, from, holder, ttlMs) {
      const row = rowOf(id);
      if (row.lease?.holder !== from.holder || row.lease.until > clock().getTime()) return false;
      row.lease = { holder, until: clock().getTime() + ttlMs };
      return true;
    },
    async extend(id, holder, ttlMs) {
      const { lease } = rowOf(id);
      if (lease?.holder !== holder) return false;
      lease.until = clock().getTime() + ttlMs;
      return true;
    },
    async release(id, holder, unsettled = false) {
      const row = rowOf(id);
      if (row.lease?.holder === holder) row.lease = unsettled ? { holder, until: 0 } : null;
    },
    async providerIsBack(provider, now, pace, except) {
      const endOf = (id: number) => rowOf(id).token.accessTokenExpiresAt?.getTime() ?? 0;
      const ids = stillWaiting(provider, now)
        .filter((id) => !except.includes(id))
        .sort((a, b) => endOf(a) - endOf(b) || a - b);
      for (const [place, id] of ids.entries()) {
        const at = Math.max(now.getTime() + Math.round(place * pace), rowOf(id).notBefore);
        rowOf(id).state = { ...rowOf(id).state, retryAt: new Date(at) };
        setDue(id, at);
      }
      return ids.length;
    },
    async probeProvider(provider, now) {
      const retryAt = (id: number) => rowOf(id).state.retryAt?.getTime() ?? 0;
      const [id] = stillWaiting(provider, now)
        .filter((each) => rowOf(each).notBefore <= now.getTime())
        .sort((a, b) => retryAt(a) - retryAt(b));
      if (id === undefined) return false;
      rowOf(id).state = { ...rowOf(id).state, retryAt: now };
      setDue(id, now.getTime());
      return true;
    },
    lastWrite: async () => ({ at: null, over: true }),
    note: async (id, attempt) => apply(id, attempt),
    figures: async () => ({
      byState: {},
      nearestEnd: null,
      nearestGrantEnd: null,
      dueSince: null,
      forgotten: 0,
    }),
    async reconcile(now) {
      for (const id of changed) {
        const row = rowOf(id);
        if (without === 'reset' && row.reason !== null) continue;
        const receivedAt = written.has(id) ? null : row.state.receivedAt;
        row.state = {
          ...row.state,
          failures: 0,
          outcome: null,
          retryAt: null,
          failingSince: null,
          error: null,
          receivedAt,
        };
        setDue(id, now.getTime());
      }
      const count = changed.size;
      changed.clear();
      written.clear();
      return count;
    },
  };

  return {
    rows,
    tokens,
    renewals,
    add(config: TokenConfig, token: StoredToken): void {
      rows[config.id] = {
        config,
        token,
        state: NEW_STATE,
        dueAt: null,
        reason: null,
        lease: null,
        notBefore: 0,
        provider: hostOf(tokenUrl(config.document)),
        lostAnswerOf: null,
      };
      changed.add(config.id);
    },
    /** As the helpdesk's Perl, a consent or an admin would write: without asking what was there before. */
    writeToken(id: number, values: Partial<StoredToken>): void {
      const row = rowOf(id);
      const clean = { errorMessage: null, errorDescription: null, errorCode: null, changeTime: clock() };
      row.token = { ...row.token, ...clean, ...values };
      changed.add(id);
      written.add(id);
    },
    touchConfig: (id: number): void => void changed.add(id),
  };
}
export type Database = ReturnType<typeof createDatabase>;
