import type { ProviderFailure } from '../../../plugin/domain/provider/provider-error.js';
import { ProviderError } from '../../../plugin/domain/provider/provider-error.js';
import { policyOf } from '../../../plugin/domain/token/renewal.js';
import { SidecarError } from '../../../plugin/errors.js';
import { createQuietTime } from '../../../plugin/renewal-service/quiet-time.js';
import { createRenewalService } from '../../../plugin/renewal-service/renewal-service.js';
import { refreshToken } from '../../../plugin/usecases/refresh-token.js';
import { fixedClock } from '../../support/fixed-clock.js';
import { MemoryJournal } from '../../support/memory-journal.js';
import { MemoryRenewals } from '../../support/memory-renewals.js';
import { MemoryTokenConfigs } from '../../support/memory-token-configs.js';
import { MemoryTokens } from '../../support/memory-tokens.js';
import { configOf, countingCaches, settingsOf, tokenOf } from '../../support/samples.js';

export const HOUR = 3_600_000;
export const turn = () => new Promise(setImmediate);
export type Answer = (configId: number) => Promise<Record<string, unknown>>;

export const granted: Answer = async (id) => ({ access_token: `a-${id}`, expires_in: 3600 });
export const fails = (changes: Partial<ProviderFailure>) => () =>
  Promise.reject(
    new ProviderError({
      outcome: 'transient',
      error: 'timeout',
      ...changes,
    }),
  );

/** The renewal service with the real use case on stores in memory; every token has ended. */
export function make(
  answer: Answer = granted,
  ids: number[] = [7],
  host = (_id: number) => 'provider.example',
  helpdeskRefresh = 0,
) {
  const clock = fixedClock();
  const document = (id: number) => ({
    ClientID: `client-${id}`,
    Requests: { TokenByRefreshToken: { Request: { URL: `https://${host(id)}/token?id=${id}` } } },
  });
  const configs = ids.map((id) => configOf({ id, document: document(id) }));
  const tokenConfigs = new MemoryTokenConfigs(clock, ...configs);
  const end = new Date(clock().getTime() + 60_000);
  const tokens = new MemoryTokens(
    clock,
    ...ids.map((configId) => tokenOf({ configId, accessTokenExpiresAt: end })),
  );
  const renewals = new MemoryRenewals(tokenConfigs, tokens);
  const journal = new MemoryJournal();
  const asked: number[] = [];
  const values: Record<string, string> = {};
  const lines: { level: string; facts: Record<string, unknown>; message: string }[] = [];
  const line = (level: string) => (facts: Record<string, unknown>, message: string) =>
    void lines.push({ level, facts, message });
  const deps = {
    tokens,
    renewals,
    journal,
    settings: { current: async () => settingsOf(values) },
    caches: countingCaches(),
    clock,
    holder: 'sidecar-1',
    pause: async () => undefined,
    endpoint: {
      post: async ({ url, sending }: { url: string; sending?: { check(): void } }) => {
        sending?.check();
        const id = Number(new URL(url).searchParams.get('id'));
        asked.push(id);
        return answer(id);
      },
    },
  };
  const pruned: Date[] = [];
  /** What each removal finds. */
  const old: number[] = [];
  let replays = 0;
  let replayFault: Error | undefined;
  let policyFault: Error | undefined;
  let losses = 0;
  let serverStart = clock().getTime() - HOUR;
  let uptimeFault: Error | undefined;
  const quiet = createQuietTime({
    elapsed: () => clock().getTime(),
    losses: () => losses,
    async uptime() {
      if (uptimeFault) throw uptimeFault;
      return { seconds: Math.floor((clock().getTime() - serverStart) / 1000), server: '' };
    },
  });
  const renewalService = createRenewalService({
    quiet,
    announce: async () => 0,
    renewals,
    events: {
      prune: async (before) => {
        pruned.push(before);
        return old.shift() ?? 0;
      },
    },
    refresh: (configId, answered) => {
      const post: typeof deps.endpoint.post = (request) => deps.endpoint.post(request).finally(answered);
      return refreshToken(
        { ...deps, endpoint: { post }, isQuiet: quiet.isOn, lookAtServer: quiet.look },
        { configId, userId: 1, actor: null },
      );
    },
    replay: async () => {
      replays++;
      if (replayFault) throw replayFault;
      return 0;
    },
    policy: async () => {
      if (policyFault) throw policyFault;
      return { ...policyOf(settingsOf(values)), keepEvents: 24 * HOUR };
    },
    helpdeskRefresh,
    clock,
    elapsed: () => 0,
    log: { info: line('info'), warn: line('warn'), error: line('error') },
  });
  return {
    ...deps,
    renewalService,
    tokenConfigs,
    asked,
    lines,
    pruned,
    old,
    replays: () => replays,
    /** The database goes away, and is back before anybody needs it. */
    loseDatabase: () => void losses++,
    /** Every query fails until `restartDatabase`. */
    stopDatabase: () => {
      losses++;
      uptimeFault = new SidecarError('database-unavailable');
    },
    restartDatabase: () => {
      uptimeFault = undefined;
      serverStart = clock().getTime();
    },
    failReplay: (error: Error) => {
      replayFault = error;
    },
    failPolicy: (error: Error) => {
      policyFault = error;
    },
    set: (name: string, value: number) => {
      values[`OAuth2Sidecar::Renewal::${name}`] = String(value);
    },
  };
}
