import type {
  NewRelayPassword,
  RelayPasswordStore,
  StoredRelayPassword,
} from '../../plugin/domain/relay/relay-password.js';

/** Relay passwords in memory, in the order in which they were added. */
export class MemoryRelayPasswords implements RelayPasswordStore {
  rows: (StoredRelayPassword & { selector?: string })[] = [];
  async add(password: NewRelayPassword): Promise<number> {
    const id = 1 + Math.max(0, ...this.rows.map((row) => row.id));
    this.rows.push({ ...password, id, lastUsedAt: null, isOrphan: false });
    return id;
  }
  async find(selector: string): Promise<StoredRelayPassword | null> {
    return this.rows.find((row) => row.selector === selector) ?? null;
  }
  async list(): Promise<StoredRelayPassword[]> {
    return this.rows;
  }
  async ofConfig(configId: number): Promise<StoredRelayPassword[]> {
    return this.rows.filter((row) => row.configId === configId && !row.isOrphan);
  }
  async byId(id: number): Promise<StoredRelayPassword | null> {
    return this.rows.find((row) => row.id === id) ?? null;
  }
  async remove(id: number): Promise<boolean> {
    const before = this.rows.length;
    this.rows = this.rows.filter((row) => row.id !== id);
    return this.rows.length < before;
  }
  async noteUse(id: number, at: Date): Promise<void> {
    for (const row of this.rows) if (row.id === id) row.lastUsedAt = at;
  }
}
