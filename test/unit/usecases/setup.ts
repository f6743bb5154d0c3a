import type { RefreshTokenDeps } from '../../../plugin/usecases/refresh-token.js';
import { fixedClock } from '../../support/fixed-clock.js';
import { MemoryAuthorizations } from '../../support/memory-authorizations.js';
import { documentsOf, MemoryIdentities } from '../../support/memory-identities.js';
import { MemoryJournal } from '../../support/memory-journal.js';
import { MemoryRenewals } from '../../support/memory-renewals.js';
import { MemoryTokenConfigs } from '../../support/memory-token-configs.js';
import { MemoryTokens } from '../../support/memory-tokens.js';
import { configOf, countingCaches, settingsReader, tokenOf, usagesOf } from '../../support/samples.js';
import type { ScriptedEndpoint } from '../../support/scripted-endpoint.js';

/** Everything a use case takes, on one clock: configuration 7 with a token that has half an hour left. */
export function testDeps(endpoint: ScriptedEndpoint, { config = configOf(), token = tokenOf() } = {}) {
  const clock = fixedClock();
  const pauses: number[] = [];
  const tokenConfigs = new MemoryTokenConfigs(clock, config);
  const tokens = new MemoryTokens(clock, token);
  const renewals = new MemoryRenewals(tokenConfigs, tokens);
  const identities = new MemoryIdentities();
  tokens.identities = identities;
  const removedKeys: string[] = [];
  const removable = { remove: async (key: string) => void removedKeys.push(key) };
  return {
    clock,
    endpoint,
    clientKeys: removable,
    serviceAccountKeys: removable,
    /** The names of the private keys that were removed. */
    removedKeys,
    settings: settingsReader(),
    tokenConfigs,
    overview: tokenConfigs,
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
