import type { RefreshTokenDeps } from '../../../plugin/usecases/refresh-token.js';
import { documentsOf, MemoryIdentities } from '../../support/memory-identities.js';
import {
  configOf,
  countingCaches,
  fixedClock,
  MemoryAuthorizations,
  MemoryJournal,
  MemoryRenewals,
  MemoryTokenConfigs,
  MemoryTokens,
  type ScriptedEndpoint,
  settingsReader,
  tokenOf,
  usagesOf,
} from '../../support/memory-stores.js';

/** Everything a use case takes, on one clock: configuration 7 with a token that has half an hour left. */
export function house(endpoint: ScriptedEndpoint, { config = configOf(), token = tokenOf() } = {}) {
  const clock = fixedClock();
  const pauses: number[] = [];
  const tokenConfigs = new MemoryTokenConfigs(clock, config);
  const tokens = new MemoryTokens(clock, token);
  const renewals = new MemoryRenewals(tokenConfigs, tokens);
  const identities = new MemoryIdentities();
  tokens.identities = identities;
  return {
    clock,
    endpoint,
    settings: settingsReader(),
    tokenConfigs,
    tokens,
    renewals,
    events: renewals,
    journal: new MemoryJournal(),
    authorizations: new MemoryAuthorizations(),
    identities,
    documents: documentsOf(),
    usages: usagesOf(),
    caches: countingCaches(),
    holder: 'sidecar-1',
    pauses,
    pause: async (ms: number): Promise<void> => void pauses.push(ms),
  } satisfies RefreshTokenDeps & Record<string, unknown>;
}

/** The code of the SidecarError that a promise ends with. */
export async function codeOf(promise: Promise<unknown>): Promise<string> {
  const failure: unknown = await promise.then(
    () => new Error('It succeeded'),
    (error: unknown) => error,
  );
  return (failure as { code?: string }).code ?? `no code: ${String(failure)}`;
}
