import { readFileSync } from 'node:fs';
import path from 'node:path';
import { parse } from 'yaml';
import { TOO_FAR } from '../../plugin/domain/due-time.js';
import type { ImportPreviewStore, KeptPreview } from '../../plugin/domain/import-preview-store.js';
import {
  type AbandonedLease,
  type AnswerJournal,
  type Attempt,
  type AuthorizationStore,
  type HelpdeskCaches,
  type IdentityStore,
  type JournalEntry,
  NO_USAGE,
  type PendingAuthorization,
  type RenewalRow,
  type RenewalStore,
  type SettingsReader,
  type TokenConfigStore,
  type TokenEndpoint,
  type TokenEvent,
  type TokenRequest,
  type TokenStore,
  type Usage,
  type UsageStore,
} from '../../plugin/domain/ports.js';
import { NEW_STATE, type RenewalState } from '../../plugin/domain/renewal.js';
import type { Settings } from '../../plugin/domain/settings.js';
import type { StoredToken, TokenAnswer, TokenErrorFields } from '../../plugin/domain/token.js';
import type { TokenConfig, TokenConfigDocument } from '../../plugin/domain/token-config.js';
import { SidecarError } from '../../plugin/errors.js';
import { createKnownAnswers } from '../../plugin/journal/known-answers.js';

/** The ports of the domain in memory, with the database's rules: byte-wise compare-and-set, names without case. */

/** A clock that stands still until it is moved. */
export function fixedClock(start = '2026-11-24T12:00:00Z') {
  let now = Date.parse(start);
  const clock = () => new Date(now);
  return Object.assign(clock, {
    advance(seconds: number): void {
      now += seconds * 1000;
    },
  });
}

export function settingsOf(values: Record<string, unknown> = {}): Settings {
  const all: Record<string, unknown> = {
    HttpType: 'https',
    FQDN: 'helpdesk.example.org',
    ScriptAlias: 'otrs/',
    ...values,
  };
  const scalar = (name: string) => {
    const value = all[name];
    return typeof value === 'string' || typeof value === 'number' ? String(value) : undefined;
  };
  return {
    deploymentId: 1,
    get: (name) => all[name],
    text: (name, fallback = '') => scalar(name) ?? fallback,
    number: (name, fallback) => (scalar(name) === undefined ? fallback : Number(scalar(name))),
    flag: (name, fallback) =>
      scalar(name) === undefined ? fallback : !['', '0'].includes(scalar(name) ?? ''),
  };
}

export const settingsReader = (values?: Record<string, unknown>): SettingsReader => ({
  current: async () => settingsOf(values),
});

/** A document from one of the shipped templates, with credentials. */
export function documentOf(
  template = 'microsoft-common',
  changes: Partial<TokenConfigDocument> = {},
): TokenConfigDocument {
  const file = path.resolve(import.meta.dirname, '../../templates/providers', `${template}.yml`);
  const [entry] = parse(readFileSync(file, 'utf8')) as { Config: TokenConfigDocument }[];
  return {
    ...structuredClone(entry?.Config ?? {}),
    ClientID: 'client-1',
    ClientSecret: 'secret-of-client-1',
    ...changes,
  };
}

export function configOf(changes: Partial<TokenConfig> = {}): TokenConfig {
  const time = new Date('2026-11-01T08:00:00Z');
  return {
    id: 7,
    name: 'Support mailbox',
    document: documentOf(),
    validId: 1,
    createTime: time,
    createBy: 1,
    changeTime: time,
    changeBy: 1,
    ...changes,
  };
}

/** By default fetched at 11:30 for one hour, so at 12:00 there is half an hour left. */
export function tokenOf(changes: Partial<StoredToken> = {}): StoredToken {
  return {
    configId: 7,
    accessToken: 'access-0',
    accessTokenExpiresAt: new Date('2026-11-24T12:30:00Z'),
    refreshToken: 'refresh-0',
    refreshTokenExpiresAt: null,
    errorMessage: null,
    errorDescription: null,
    errorCode: null,
    changeTime: new Date('2026-11-24T11:30:00Z'),
    ...changes,
  };
}

export class MemoryTokens implements TokenStore {
  readonly rows = new Map<number, StoredToken>();
  /** What was written and by whom, in order; never cleared. */
  readonly writes: { configId: number; userId: number; what: 'save' | 'error' }[] = [];
  /** Called before each compare-and-set: the place for somebody who is faster. */
  beforeSave: () => void | Promise<void> = () => undefined;
  /** Takes the attempts; set by MemoryRenewals. */
  renewals: { apply(configId: number, attempt: Attempt): void } | null = null;
  /** Takes who agreed, with the token. */
  identities: Pick<IdentityStore, 'save'> | null = null;

  constructor(
    readonly clock: () => Date,
    ...tokens: StoredToken[]
  ) {
    for (const token of tokens) this.rows.set(token.configId, token);
  }

  async get(configId: number): Promise<StoredToken> {
    const stored = this.rows.get(configId) ?? {
      ...tokenOf({ configId, accessToken: null, accessTokenExpiresAt: null, refreshToken: null }),
      changeTime: this.clock(),
    };
    this.rows.set(configId, stored);
    return { ...stored };
  }

  async save(
    expected: StoredToken,
    answer: TokenAnswer,
    userId: number,
    attempt?: Attempt,
  ): Promise<boolean> {
    await this.beforeSave();
    const stored = await this.get(expected.configId);
    if (stored.accessToken !== expected.accessToken || stored.refreshToken !== expected.refreshToken)
      return false;
    this.rows.set(expected.configId, {
      ...stored,
      ...answer,
      errorMessage: null,
      errorDescription: null,
      errorCode: null,
      changeTime: this.clock(),
    });
    this.writes.push({ configId: expected.configId, userId, what: 'save' });
    if (attempt) this.renewals?.apply(expected.configId, attempt);
    if (attempt?.consent)
      await this.identities?.save(expected.configId, attempt.consent.identity, attempt.consent.at);
    return true;
  }

  async clear(expected: StoredToken, userId: number): Promise<boolean> {
    await this.beforeSave();
    const stored = await this.get(expected.configId);
    if (stored.accessToken !== expected.accessToken || stored.refreshToken !== expected.refreshToken)
      return false;
    const nothing = { accessToken: null, accessTokenExpiresAt: null, refreshToken: null };
    const clean = {
      refreshTokenExpiresAt: null,
      errorMessage: null,
      errorDescription: null,
      errorCode: null,
    };
    this.rows.set(expected.configId, { ...stored, ...nothing, ...clean, changeTime: this.clock() });
    this.writes.push({ configId: expected.configId, userId, what: 'save' });
    return true;
  }

  async saveError(
    configId: number,
    fields: TokenErrorFields,
    userId: number,
    attempt?: Attempt,
  ): Promise<void> {
    this.rows.set(configId, { ...(await this.get(configId)), ...fields, changeTime: this.clock() });
    this.writes.push({ configId, userId, what: 'error' });
    if (attempt) this.renewals?.apply(configId, attempt);
  }

  /** As the helpdesk's Perl writes: without asking who was there before. */
  overwrite(configId: number, changes: Partial<StoredToken>): void {
    const stored = this.rows.get(configId) ?? tokenOf({ configId });
    this.rows.set(configId, { ...stored, ...changes, changeTime: this.clock() });
  }

  async problems() {
    return { rows: [], total: 0 };
  }
}

export class MemoryTokenConfigs implements TokenConfigStore {
  readonly rows: TokenConfig[];
  constructor(
    private readonly clock: () => Date,
    ...configs: TokenConfig[]
  ) {
    this.rows = configs;
  }

  private taken(name: string, id?: number): void {
    if (this.rows.some((row) => row.id !== id && row.name.toLowerCase() === name.toLowerCase()))
      throw new SidecarError('invalid-token-config', { fields: { Name: 'taken' } });
  }

  async list() {
    const rows = this.rows.map((config) => ({
      config,
      token: tokenOf({ configId: config.id }),
      renewal: NEW_STATE,
      refreshTokenDiesAt: null,
    }));
    return { rows, total: rows.length };
  }
  async facets() {
    return { states: {}, attention: 0, providers: [] };
  }
  async all() {
    return [...this.rows];
  }
  async byId(id: number) {
    return structuredClone(this.rows.find((row) => row.id === id) ?? null);
  }
  async byName(name: string) {
    return structuredClone(this.rows.find((row) => row.name.toLowerCase() === name.toLowerCase()) ?? null);
  }
  async check({ name }: Pick<TokenConfig, 'name'>) {
    if ([...name].length > 250) throw new SidecarError('value-too-long', { fields: { Name: 'too long' } });
  }
  async insert(config: Pick<TokenConfig, 'name' | 'document' | 'validId'>, userId: number) {
    this.taken(config.name);
    const id = Math.max(0, ...this.rows.map((row) => row.id)) + 1;
    const now = this.clock();
    this.rows.push({ ...config, id, createTime: now, createBy: userId, changeTime: now, changeBy: userId });
    return id;
  }
  async update(
    expected: TokenConfig,
    next: Pick<TokenConfig, 'name' | 'document' | 'validId'>,
    userId: number,
  ) {
    const at = this.rows.findIndex((row) => row.id === expected.id);
    const stored = this.rows[at];
    if (!stored) throw new SidecarError('unknown-token-config');
    if (
      stored.changeTime.getTime() !== expected.changeTime.getTime() ||
      JSON.stringify(stored.document) !== JSON.stringify(expected.document)
    )
      throw new SidecarError('edit-conflict');
    this.taken(next.name, expected.id);
    this.rows[at] = { ...stored, ...next, changeTime: this.clock(), changeBy: userId };
  }
  async delete(id: number) {
    const at = this.rows.findIndex((row) => row.id === id);
    if (at < 0) throw new SidecarError('unknown-token-config');
    this.rows.splice(at, 1);
  }
  async inTransaction<T>(work: (store: TokenConfigStore) => Promise<T>): Promise<T> {
    const before = structuredClone(this.rows);
    try {
      return await work(this);
    } catch (error) {
      this.rows.splice(0, this.rows.length, ...before);
      throw error;
    }
  }
}

export class MemoryAuthorizations implements AuthorizationStore {
  readonly rows = new Map<string, PendingAuthorization>();
  async insert(pending: PendingAuthorization) {
    this.rows.set(pending.stateHash, pending);
  }
  async consume(stateHash: string) {
    const pending = this.rows.get(stateHash) ?? null;
    this.rows.delete(stateHash);
    return pending;
  }
  async peek(stateHash: string) {
    return this.rows.get(stateHash) ?? null;
  }
  async prune() {
    return 0;
  }
}

export class MemoryImportPreviews implements ImportPreviewStore {
  readonly rows = new Map<string, KeptPreview>();
  async put(preview: KeptPreview) {
    for (const [hash, { sessionHash }] of this.rows)
      if (sessionHash === preview.sessionHash) this.rows.delete(hash);
    this.rows.set(preview.ticketHash, preview);
  }
  async take(ticketHash: string, sessionHash: string) {
    const preview = this.rows.get(ticketHash) ?? null;
    if (preview?.sessionHash !== sessionHash) return null;
    this.rows.delete(ticketHash);
    return preview;
  }
  async prune() {
    return 0;
  }
}

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

  async note(configId: number, attempt: Attempt): Promise<void> {
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

/** The journal in memory; what is given up is left, and what is stored is kept for ever. */
export class MemoryJournal implements AnswerJournal {
  readonly entries = new Map<string, JournalEntry>();
  readonly postponed = new Set<string>();
  readonly known = createKnownAnswers();
  puts = 0;
  /** @param keeps what is stored stays known */
  constructor(private readonly keeps = true) {}
  async put(entry: JournalEntry): Promise<string> {
    const { id } = this.known.add(`file-${this.puts++}`, 0, entry, 'busy');
    this.entries.set(id, entry);
    return id;
  }
  private end(id: string, state: 'stored' | 'gone' | 'waiting'): void {
    const known = this.known.byId(id);
    if (known) known.state = state;
  }
  async settle(id: string): Promise<void> {
    if (this.keeps) this.end(id, 'stored');
    else await this.remove(id);
  }
  async remove(id: string): Promise<void> {
    this.entries.delete(id);
    this.known.forget(id.split('#')[0] ?? '');
  }
  giveUp(id: string): void {
    this.end(id, 'waiting');
  }
  async postpone(id: string): Promise<void> {
    this.postponed.add(id);
  }
  private all(state: 'stored' | 'waiting') {
    return this.known.in(state).map(({ id }) => ({ id, entry: this.entries.get(id) as JournalEntry }));
  }
  async left() {
    return this.all('waiting').filter(({ id }) => !this.postponed.has(id));
  }
  async stored(which: 'all' | 'ending') {
    return which === 'all' ? this.all('stored').map((one) => ({ ...one, ends: false })) : [];
  }
  waiting() {
    return this.known.in('waiting');
  }
  waits(configId: number) {
    return this.known.waits(configId);
  }
  async isAnswered(token: StoredToken) {
    return this.known.isAnswered(token);
  }
  async length(): Promise<number> {
    return this.known.in('busy', 'waiting').length;
  }
  locked = false;
  isLocked() {
    return this.locked;
  }
  async unreadable() {
    return Number(this.locked);
  }
  failedWrites() {
    return 0;
  }
}

export const noUsage: Usage = NO_USAGE;

export const usagesOf = (usage: Usage = noUsage): UsageStore => ({
  of: async (configs) => new Map(configs.map(({ id }) => [id, usage])),
});

export function countingCaches(): HelpdeskCaches & { forgotten: number } {
  return {
    forgotten: 0,
    async forgetTokenConfigs() {
      this.forgotten++;
    },
  };
}

/** A token endpoint of scripted answers: each request takes the next; the last one repeats. */
export class ScriptedEndpoint implements TokenEndpoint {
  readonly requests: TokenRequest[] = [];
  private readonly script: (() => Promise<Record<string, unknown>> | Record<string, unknown>)[];
  constructor(...script: (() => Promise<Record<string, unknown>> | Record<string, unknown>)[]) {
    this.script = script;
  }
  async post(request: TokenRequest): Promise<Record<string, unknown>> {
    request.sending?.check();
    const answer = this.script[Math.min(this.requests.length, this.script.length - 1)];
    this.requests.push(request);
    if (!answer) throw new Error('The script has no answer');
    return await answer();
  }
}
