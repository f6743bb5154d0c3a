import type {
  AuthorizationStore,
  PendingAuthorization,
} from '../../plugin/domain/consent/authorization-store.js';

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
