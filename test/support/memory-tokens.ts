import type { IdentityStore } from '../../plugin/domain/consent/identity-store.js';
import type { Attempt } from '../../plugin/domain/token/renewal-store.js';
import type { StoredToken, TokenAnswer, TokenErrorFields } from '../../plugin/domain/token/token.js';
import type { TokenStore } from '../../plugin/domain/token/token-store.js';
import { tokenOf } from './samples.js';

export class MemoryTokens implements TokenStore {
  readonly rows = new Map<number, StoredToken>();
  /** What was written and by whom, in order; never cleared. */
  readonly writes: { configId: number; userId: number; what: 'save' | 'error' }[] = [];
  /** Called before each compare-and-set, so that a test can let somebody else be faster. */
  beforeSave: () => void | Promise<void> = () => undefined;
  /** Stores the attempts; set by MemoryRenewals. */
  renewals: { apply(configId: number, attempt: Attempt): void } | null = null;
  /** Stores who agreed, with the token. */
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

  /** As the helpdesk's Perl writes: without asking what was there before. */
  overwrite(configId: number, changes: Partial<StoredToken>): void {
    const stored = this.rows.get(configId) ?? tokenOf({ configId });
    this.rows.set(configId, { ...stored, ...changes, changeTime: this.clock() });
  }

  async problems() {
    return { rows: [], total: 0 };
  }
}
