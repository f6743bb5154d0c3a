import { readFileSync, writeFileSync } from 'node:fs';
import type { Adapter, AdapterPayload } from 'oidc-provider';

/** Everything that the provider remembers; a plain map that a file can hold between two starts of the demo. */
const entries = new Map<string, AdapterPayload>();

/** Token models, in the order in which a revocation removes them. */
const GRANTS = ['AccessToken', 'RefreshToken', 'Grant'];

/** The storage interface of oidc-provider on the map. */
export class MapAdapter implements Adapter {
  constructor(private readonly model: string) {}

  private key(id: string): string {
    return `${this.model}:${id}`;
  }

  async upsert(id: string, payload: AdapterPayload): Promise<void> {
    entries.set(this.key(id), payload);
  }

  async find(id: string): Promise<AdapterPayload | undefined> {
    return entries.get(this.key(id));
  }

  async findByUid(uid: string): Promise<AdapterPayload | undefined> {
    return [...entries].find(([key, value]) => key.startsWith(`${this.model}:`) && value.uid === uid)?.[1];
  }

  async findByUserCode(): Promise<undefined> {
    return undefined;
  }

  async consume(id: string): Promise<void> {
    const payload = entries.get(this.key(id));
    if (payload) entries.set(this.key(id), { ...payload, consumed: Math.floor(Date.now() / 1000) });
  }

  async destroy(id: string): Promise<void> {
    entries.delete(this.key(id));
  }

  async revokeByGrantId(grantId: string): Promise<void> {
    for (const [key, value] of entries) if (value.grantId === grantId) entries.delete(key);
  }
}

/** What a provider's admin does to revoke all access. */
export function revokeEverything(): void {
  for (const key of entries.keys())
    if (GRANTS.some((model) => key.startsWith(`${model}:`))) entries.delete(key);
}

export function load(file: string): void {
  try {
    const saved = JSON.parse(readFileSync(file, 'utf8')) as [string, AdapterPayload][];
    for (const [key, value] of saved) entries.set(key, value);
  } catch {
    // There is no file at the first start.
  }
}

export const save = (file: string): void => writeFileSync(file, JSON.stringify([...entries]));
