import { setTimeout as pause } from 'node:timers/promises';
import type { Adapters } from './adapters/adapters.js';
import type { HelpdeskCaches } from './domain/helpdesk/caches.js';
import { SYSTEM_USER } from './domain/helpdesk/system-user.js';
import type { TokenEndpoint } from './domain/provider/token-endpoint.js';
import { HELPDESK_REFRESH } from './domain/token/helpdesk-refresh.js';
import { keepEvents, policyOf } from './domain/token/renewal.js';
import { notifyMetrics } from './health/notify-metrics.js';
import { coalesce } from './lib/coalesce.js';
import type { InFlight } from './lib/in-flight.js';
import type { Prepared } from './prepare.js';
import { createMailWatch } from './renewal-service/mail-watch.js';
import type { UrgentRenewal } from './renewal-service/renewal-queue.js';
import { createRenewalService, type RenewalService } from './renewal-service/renewal-service.js';
import { createAlertService } from './usecases/alert/alert-service.js';
import { announceChanges } from './usecases/announce-changes.js';
import { createBringAnswers } from './usecases/bring-answers.js';
import { notifyLog } from './usecases/notify-log.js';
import { prune } from './usecases/prune.js';
import type { QuietDeps } from './usecases/quiet-end.js';
import {
  type RefreshOutcome,
  type RefreshTokenDeps,
  type RefreshTokenInput,
  refreshToken,
} from './usecases/refresh-token.js';
import type { RefreshInTurn, RelayRenewals } from './usecases/relay/token-in-time.js';
import type { WebDeps } from './web/deps.js';

/** How long renewals share one cleaning of the helpdesk's caches, in milliseconds. */
const CACHES = 1000;

export type ServiceDeps = Prepared & { inFlight: InFlight } & Required<Omit<QuietDeps, 'pause'>>;

/** What runs beside the screens: renewals, the watch of mail, alerts. */
export interface Services {
  /** What the screens ask of them. */
  screens: Pick<WebDeps, 'catchUp' | 'isStalled' | 'fetching' | 'watchMail'>;
  /** For the relay's renewals. */
  relayed: RelayRenewals;
  start(): void;
  /** Starts nothing new and waits for what is running. */
  stop(): Promise<void>;
}

/**
 * Cleans the caches without making a renewal wait. Starts at once; calls within the next second share one repetition. A
 * stop may interrupt it, because the caches expire by themselves.
 */
function unawaited(caches: HelpdeskCaches): HelpdeskCaches {
  const forget = coalesce(() => caches.forgetTokenConfigs().finally(() => pause(CACHES)));
  return { forgetTokenConfigs: async () => void forget().catch(() => undefined) };
}

/** Renews one token in a turn of the renewal service, which learns when the provider has answered. */
function inTurn(
  deps: RefreshTokenDeps,
  input: RefreshTokenInput,
  ...[answered, late]: Parameters<UrgentRenewal>
): Promise<RefreshOutcome> {
  const endpoint: TokenEndpoint = { post: (request) => deps.endpoint.post(request).finally(answered) };
  return refreshToken({ ...deps, endpoint, late }, input);
}

/** For the relay: its renewals share the limit of simultaneous requests to a provider with those that are due. */
export const refreshInTurn =
  ({ renewUrgently }: Pick<RenewalService, 'renewUrgently'>): RefreshInTurn =>
  (deps, input) =>
    renewUrgently(input.row, (...turn) => inTurn(deps, input, ...turn));

async function renewalServiceOf(adapters: Adapters, deps: ServiceDeps, refresh: RefreshTokenDeps) {
  const { clock, log } = deps;
  const database = await adapters.database();
  const quiet = await adapters.quiet();
  const stateChanges = await adapters.stateChanges();
  const notifiers = [notifyLog(log), notifyMetrics(deps.metrics)];
  return {
    renewals: deps.renewals,
    events: { prune: (before: Date) => prune(deps, before) },
    refresh: (configId: number, ...turn: Parameters<UrgentRenewal>) =>
      inTurn(refresh, { configId, userId: SYSTEM_USER, actor: null }, ...turn),
    quiet,
    replay: createBringAnswers(deps, () => database.losses() + quiet.newServers(), quiet.isOn),
    announce: () => announceChanges({ stateChanges, notifiers, clock, log }),
    async policy() {
      const settings = await deps.settings.current();
      return { ...policyOf(settings), keepEvents: keepEvents(settings) };
    },
    helpdeskRefresh: HELPDESK_REFRESH,
    clock,
    log,
  };
}

/** Builds the services; nothing runs before `start`. */
export async function createServices(adapters: Adapters, deps: ServiceDeps): Promise<Services> {
  const { clock, log, metrics } = deps;
  const mailWatch = createMailWatch({
    ...deps,
    mailWatch: await adapters.mailWatch(),
    notifiers: [notifyLog(log)],
  });
  const refresh = { ...deps, caches: unawaited(deps.caches) };
  const renewalService = createRenewalService({
    ...(await renewalServiceOf(adapters, deps, refresh)),
    watchMail: mailWatch.look,
  });
  const { catchUp, isStalled } = renewalService;
  const isFetchingStopped = () => mailWatch.fetching()?.isStopped ?? null;
  const alertService = createAlertService({
    ...(await adapters.alerting()),
    isWell: () => !isStalled() && isFetchingStopped() !== true,
    metrics,
    holder: deps.holder,
    clock,
    log,
  });
  return {
    screens: {
      catchUp,
      isStalled,
      fetching: mailWatch.fetching,
      watchMail: () => mailWatch.look().catch(() => undefined),
    },
    relayed: { ...refresh, refresh: refreshInTurn(renewalService) },
    start() {
      metrics.watchRenewals(renewalService);
      metrics.watchFetching(isFetchingStopped);
      renewalService.start();
      alertService.start();
    },
    async stop() {
      await Promise.all([renewalService.stop(), alertService.stop()]);
    },
  };
}
