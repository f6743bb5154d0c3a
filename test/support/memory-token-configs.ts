import type { TokenConfig } from '../../plugin/domain/configuration/token-config.js';
import type { TokenConfigStore } from '../../plugin/domain/configuration/token-config-store.js';
import { NEW_STATE } from '../../plugin/domain/token/renewal.js';
import { SidecarError } from '../../plugin/errors.js';
import { tokenOf } from './samples.js';

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
      lastTest: null,
    }));
    return { rows, total: rows.length };
  }
  async facets() {
    return { states: {}, attention: 0, providers: [] };
  }
  async all() {
    return [...this.rows];
  }
  async pages(size = 500) {
    const rows = [...this.rows];
    return (async function* () {
      for (let from = 0; from < rows.length; from += size) yield rows.slice(from, from + size);
    })();
  }
  async byId(id: number) {
    return structuredClone(this.rows.find((row) => row.id === id) ?? null);
  }
  async byName(name: string) {
    return structuredClone(this.rows.find((row) => row.name.toLowerCase() === name.toLowerCase()) ?? null);
  }
  async mentions(text: string) {
    return this.rows.some(({ document }) =>
      JSON.stringify(document).toLowerCase().includes(text.toLowerCase()),
    );
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
