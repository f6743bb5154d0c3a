import { TOO_FAR } from '../../plugin/domain/token/due-time.js';
import type { TokenEvent } from '../../plugin/domain/token/event-store.js';
import { NEW_STATE, type RenewalState } from '../../plugin/domain/token/renewal.js';
import type {
  AbandonedLease,
  Attempt,
  RenewalRow,
  RenewalStore,
} from '../../plugin/domain/token/renewal-store.js';
import type { MemoryTokenConfigs } from './memory-token-configs.js';
import type { MemoryTokens } from './memory-tokens.js';

interface MemoryRenewal {
  state: RenewalState;
  dueAt: number | null;
  reason: string | null;
  lease: { holder: string; until: number } | null;
  marks: string;
  tokenMark: string;
  /** As the provider asked. */
  notBefore: number;
  /** The refresh token that `lostAnswer` is about. */
  lostAnswerOf: string | null;
  provider: string;
}

/** The due list, with the database's rules: marks, leases that expire, attempts written together with the token. */
export class MemoryRenewals implements RenewalStore {
  readonly rows = new Map<number, MemoryRenewal>();
  readonly events: (TokenEvent & { configId: number })[] = [];
  acquired = 0;
  dueCalls = 0;

  constructor(
    private readonly configs: MemoryTokenConfigs,
    private readonly tokens: MemoryTokens,
  ) {
    tokens.renewals = this;
  }

  private marks(configId: number): string {
    const config = this.configs.rows.find(({ id }) => id === configId);
    return JSON.stringify([config, this.tokens.rows.get(configId)]);
  }

  row(configId: number): MemoryRenewal {
    const row = this.rows.get(configId) ?? {
      state: NEW_STATE,
      dueAt: null,
      reason: null,
      lease: null,
      marks: '',
      tokenMark: '',
      notBefore: 0,
      lostAnswerOf: null,
      provider: '',
    };
    this.rows.set(configId, row);
    return row;
  }

  apply(configId: number, { event, state, holder, mark: { provider } }: Attempt): void {
    const row = this.row(configId);
    row.state = {
      failures: state.failures,
      outcome: state.outcome,
      retryAt: state.retryAt,
      failingSince: state.failingSince,
      error: state.error,
      lastSuccessAt: state.succeededAt ?? row.state.lastSuccessAt,
      receivedAt: state.receivedAt === undefined ? row.state.receivedAt : state.receivedAt,
      otherMailbox: row.state.otherMailbox,
      missingScopes: state.missingScopes ?? row.state.missingScopes,
      mail: null,
      lostAnswer: state.lostAnswer === undefined ? row.state.lostAnswer : state.lostAnswer,
    };
    row.notBefore = state.notBefore?.getTime() ?? 0;
    row.lostAnswerOf = this.tokens.rows.get(configId)?.refreshToken ?? null;
    row.provider = provider;
    row.dueAt = state.dueAt?.getTime() ?? null;
    row.reason = state.reason;
    if (row.lease?.holder === holder) row.lease = null;
    row.marks = this.marks(configId);
    row.tokenMark = JSON.stringify(this.tokens.rows.get(configId));
    if (event) this.events.push({ ...event, configId });
  }

  async add(configId: number, event: TokenEvent): Promise<void> {
    this.events.push({ ...event, configId });
  }

  async one(configId: number): Promise<RenewalRow | null> {
    const config = await this.configs.byId(configId);
    if (!config) return null;
    const token = await this.tokens.get(configId);
    const row = this.rows.get(configId);
    const state = row?.state ?? NEW_STATE;
    const isOfToken = row !== undefined && row.lostAnswerOf === token.refreshToken;
    return { config, token, renewal: { ...state, lostAnswer: isOfToken ? state.lostAnswer : null } };
  }

  private waiting(provider: string, now: Date): [number, MemoryRenewal][] {
    const isWaiting = ([, row]: [number, MemoryRenewal]) =>
      row.provider === provider &&
      ['transient', 'invalid-answer'].includes(row.state.outcome ?? '') &&
      (row.state.retryAt ?? now) > now;
    return [...this.rows].filter(isWaiting);
  }

  async providerIsBack(provider: string, now: Date, pace: number, except: number[]): Promise<number> {
    const endOf = (id: number) => this.tokens.rows.get(id)?.accessTokenExpiresAt?.getTime() ?? 0;
    const waiting = this.waiting(provider, now)
      .filter(([id]) => !except.includes(id))
      .sort(([a], [b]) => endOf(a) - endOf(b) || a - b);
    for (const [place, [, row]] of waiting.entries()) {
      row.dueAt = Math.max(now.getTime() + Math.round(place * pace), row.notBefore);
      row.state = { ...row.state, retryAt: new Date(row.dueAt) };
    }
    return waiting.length;
  }

  async probeProvider(provider: string, now: Date): Promise<boolean> {
    const retryAt = ([, { state }]: [number, MemoryRenewal]) => state.retryAt?.getTime() ?? 0;
    const [next] = this.waiting(provider, now)
      .filter(([, { notBefore }]) => notBefore <= now.getTime())
      .sort((a, b) => retryAt(a) - retryAt(b));
    if (!next) return false;
    const [, row] = next;
    row.dueAt = now.getTime();
    row.state = { ...row.state, retryAt: now };
    return true;
  }

  async due(now: Date, limit: number): Promise<RenewalRow[]> {
    this.dueCalls++;
    const ids = [...this.rows]
      .filter(([, { dueAt }]) => dueAt !== null && dueAt <= now.getTime())
      .sort(([a, x], [b, y]) => (x.dueAt ?? 0) - (y.dueAt ?? 0) || a - b)
      .slice(0, limit)
      .map(([id]) => id);
    return (await Promise.all(ids.map((id) => this.one(id)))).filter((row) => row !== null);
  }

  async nextDue(): Promise<Date | null> {
    const times = [...this.rows.values()].flatMap(({ dueAt }) => (dueAt === null ? [] : [dueAt]));
    return times.length > 0 ? new Date(Math.min(...times)) : null;
  }

  async schedule(entries: Parameters<RenewalStore['schedule']>[0]): Promise<void> {
    for (const { configId, at, reason, mark } of entries) {
      const row = this.row(configId);
      row.provider = mark.provider;
      row.dueAt = at?.getTime() ?? null;
      row.reason = reason;
    }
  }

  async unscheduled(now: Date, after: number, limit: number): Promise<RenewalRow[]> {
    const isUnscheduled = ([id, { dueAt, lease }]: [number, MemoryRenewal]) =>
      id > after &&
      (dueAt === null || dueAt > now.getTime() + TOO_FAR) &&
      (lease?.until ?? 0) <= this.tokens.clock().getTime();
    const ids = [...this.rows]
      .filter(isUnscheduled)
      .map(([id]) => id)
      .sort((a, b) => a - b);
    const rows = (await Promise.all(ids.map((id) => this.one(id)))).filter((row) => row !== null);
    return rows.filter(({ config }) => config.validId === 1).slice(0, limit);
  }

  async noteTimes(): Promise<void> {
    // Dates are instants here.
  }

  async lookAgain(now: Date): Promise<void> {
    for (const row of this.rows.values()) row.dueAt = now.getTime();
  }

  async acquire(configId: number, holder: string, ttlMs: number) {
    const row = this.row(configId);
    const now = this.tokens.clock().getTime();
    const until = row.lease?.until ?? 0;
    if (until > now && until <= now + 2 * ttlMs) return null;
    if (row.lease) return { holder: row.lease.holder, endedAt: until === 0 ? null : new Date(until) };
    row.lease = { holder, until: now + ttlMs };
    this.acquired++;
    return 'taken';
  }

  async takeOver(configId: number, from: AbandonedLease, holder: string, ttlMs: number) {
    const row = this.row(configId);
    const now = this.tokens.clock().getTime();
    if (row.lease?.holder !== from.holder || row.lease.until > now) return false;
    row.lease = { holder, until: now + ttlMs };
    this.acquired++;
    return true;
  }

  async extend(configId: number, holder: string, ttlMs: number): Promise<boolean> {
    const { lease } = this.row(configId);
    if (lease?.holder !== holder) return false;
    lease.until = this.tokens.clock().getTime() + ttlMs;
    return true;
  }

  async release(configId: number, holder: string, unsettled = false): Promise<void> {
    const row = this.row(configId);
    if (row.lease?.holder === holder) row.lease = unsettled ? { holder, until: 0 } : null;
  }

  async note(configId: number, attempt: Attempt, { withoutTokens = false } = {}): Promise<void> {
    const { accessToken = null, refreshToken = null } = this.tokens.rows.get(configId) ?? {};
    if (withoutTokens && (accessToken !== null || refreshToken !== null)) return;
    this.apply(configId, attempt);
  }

  async holdOff(configIds: number[], now: Date, until: Date): Promise<void> {
    for (const id of configIds) {
      const row = this.row(id);
      const token = this.tokens.rows.get(id);
      const isKnown = row.tokenMark === JSON.stringify(token);
      if (!token?.accessTokenExpiresAt || token.accessTokenExpiresAt > now || !isKnown) continue;
      this.tokens.rows.set(id, { ...token, accessTokenExpiresAt: until });
      row.marks = this.marks(id);
      row.tokenMark = JSON.stringify(this.tokens.rows.get(id));
    }
  }

  async setBack(now: Date, by: number): Promise<number> {
    const earlier = (date: Date | null) => date && new Date(date.getTime() - by);
    const late = [...this.rows].filter(([, { state }]) => state.receivedAt && state.receivedAt > now);
    for (const [id, row] of late) {
      const { receivedAt, lastSuccessAt } = row.state;
      row.state = { ...row.state, receivedAt: earlier(receivedAt), lastSuccessAt: earlier(lastSuccessAt) };
      const token = this.tokens.rows.get(id);
      if (token)
        this.tokens.rows.set(id, { ...token, accessTokenExpiresAt: earlier(token.accessTokenExpiresAt) });
      row.marks = this.marks(id);
      row.tokenMark = JSON.stringify(this.tokens.rows.get(id));
    }
    return late.length;
  }

  async figures() {
    return { byState: {}, nearestEnd: null, nearestGrantEnd: null, dueSince: null, forgotten: 0 };
  }

  async lastWrite() {
    return { at: null, over: true };
  }

  async reconcile(now: Date): Promise<number> {
    let changes = 0;
    for (const { id } of this.configs.rows) {
      const row = this.row(id);
      if (row.marks === this.marks(id)) continue;
      const tokenMark = JSON.stringify(this.tokens.rows.get(id));
      const receivedAt = tokenMark === row.tokenMark ? row.state.receivedAt : null;
      row.state = {
        ...row.state,
        failures: 0,
        outcome: null,
        retryAt: null,
        failingSince: null,
        error: null,
        receivedAt,
      };
      row.notBefore = 0;
      row.tokenMark = tokenMark;
      row.dueAt = now.getTime();
      row.marks = this.marks(id);
      changes++;
    }
    for (const id of this.rows.keys())
      if (!this.configs.rows.some((config) => config.id === id)) this.rows.delete(id);
    return changes;
  }
}
