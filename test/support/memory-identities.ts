import type { Identity } from '../../plugin/domain/consent/identity.js';
import type { IdentityStore, KnownIdentity } from '../../plugin/domain/consent/identity-store.js';
import type { ProviderDocuments } from '../../plugin/domain/provider/provider-documents.js';

/** The people who agreed, in memory. */
export class MemoryIdentities implements IdentityStore {
  readonly rows = new Map<number, { identity: Identity | null; at: Date }>();
  readonly shared = new Map<number, number[]>();
  async save(configId: number, identity: Identity | null, at: Date): Promise<void> {
    this.rows.set(configId, { identity, at });
  }
  async of(configIds: number[]): Promise<Map<number, KnownIdentity>> {
    return new Map(
      configIds.map((id) => [
        id,
        { identity: null, at: null, ...this.rows.get(id), shared: this.shared.get(id) ?? [] },
      ]),
    );
  }
  async markShared(configId: number, ids: number[]): Promise<void> {
    this.shared.set(configId, ids);
  }
}

/** A provider that says nothing but what it is given. */
export const documentsOf = (userInfo: Record<string, unknown> | null = null): ProviderDocuments => ({
  discover: () => Promise.reject(new Error('Nothing to discover')),
  microsoftCloud: async () => null,
  userInfo: async () => userInfo,
});
