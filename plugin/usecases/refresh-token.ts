import type { Clock } from '../domain/clock.js';
import { isClientCredentials, renewalKindOf } from '../domain/configuration/auth-flow.js';
import type { HelpdeskCaches } from '../domain/helpdesk/caches.js';
import type { SettingsReader } from '../domain/helpdesk/settings.js';
import { acceptsUsedTokens, providerOf, tokenUrl } from '../domain/provider/provider.js';
import { NotSent, ProviderError } from '../domain/provider/provider-error.js';
import type { TokenEndpoint } from '../domain/provider/token-endpoint.js';
import type { AnswerJournal } from '../domain/token/answer-journal.js';
import { dueTime } from '../domain/token/due-time.js';
import { decide, policyOf, type RenewalReason } from '../domain/token/renewal.js';
import type { RenewalRow, RenewalStore } from '../domain/token/renewal-store.js';
import { markOf } from '../domain/token/state-mark.js';
import type { StoredToken, TokenAnswer } from '../domain/token/token.js';
import { tokenState } from '../domain/token/token-state.js';
import type { TokenStore } from '../domain/token/token-store.js';
import { SidecarError } from '../errors.js';
import type { InFlight } from '../lib/in-flight.js';
import { succeeded } from './attempts.js';
import {
  handleFailure,
  isSameToken,
  noteUnstored,
  type Renewal,
  usedRefreshToken,
} from './failed-renewal.js';
import { keepAndStore } from './keep-and-store.js';
import { mayBeOlder, type QuietDeps, quietEnds } from './quiet-end.js';
import { type RenewalLease, takeLease } from './renewal-lease.js';
import { asSidecarError, requestToken } from './request-token.js';

export interface RefreshTokenDeps extends QuietDeps {
  renewals: RenewalStore;
  tokens: TokenStore;
  journal: AnswerJournal;
  endpoint: TokenEndpoint;
  caches: HelpdeskCaches;
  settings: SettingsReader;
  clock: Clock;
  /** Milliseconds that really pass; replaced in tests. */
  elapsed?: () => number;
  /** Repeats work until the returned function is called; replaced in tests. */
  repeat?: (work: () => void, ms: number) => () => void;
  /** Identifies this process in leases. */
  holder: string;
  /** Called when an answer takes longer than usual and the wait continues. */
  late?: () => void;
  /** Renewals and consents in progress; once it is closing, no new request is sent. */
  inFlight?: InFlight;
}

export interface RefreshTokenInput {
  configId: number;
  /** The user that the helpdesk's row names as its last editor. */
  userId: number;
  /** The user that the history names; null: the renewal service. */
  actor: number | null;
  /**
   * "Renew now": renews even if the decision is not to, provided that there is a refresh token or none is
   * needed. Without an actor, it renews before the time only, waits after a failure like any other renewal, and leaves a
   * lease that another process left behind alone for as long.
   */
  force?: boolean;
  /** With `force`: the row that led to this renewal. If its token has changed since, no request is sent. */
  row?: RenewalRow;
  /**
   * The request tries other credentials than the stored ones. If the provider refuses it, that is not recorded,
   * because the stored ones may still be good.
   */
  isTrial?: boolean;
  /** In a trial: a new client secret in place of the stored one. */
  trialSecret?: string;
}

export type RefreshOutcome =
  /** A new token was received and stored. */
  | { outcome: 'renewed' }
  /** Another program, such as the helpdesk's own Perl, stored a newer token in the meantime. */
  | { outcome: 'renewed-elsewhere' }
  /** Another process is renewing it; or a provider has already answered, and the answer is not stored yet. */
  | { outcome: 'busy'; answerWaits?: true }
  | { outcome: 'not-due'; reason: RenewalReason; at: Date | null };

/**
 * How long to wait for the answer to a refresh request: once the request is sent, the refresh token counts as
 * used. Milliseconds.
 */
const LISTEN = 180_000;

const ANSWER_WAITS = { outcome: 'busy', answerWaits: true } as const;

/**
 * A person asks once more after the sidecar has said that the refresh token was used before. The provider may accept it
 * all the same, and if it does not, the consent is necessary in any case.
 */
const isConfirmed = ({ row: { renewal }, facts, isTrial = false }: Renewal): boolean =>
  facts.actor !== null && !isTrial && renewal.outcome === 'grant-dead' && renewal.lostAnswer === 'restored';

/** Is the row from an older backup, with a refresh token that the provider may not accept again? */
const isRestored = async ({ journal }: RefreshTokenDeps, { config, token }: RenewalRow): Promise<boolean> =>
  token.refreshToken !== null &&
  !isClientCredentials(config.document) &&
  !acceptsUsedTokens(providerOf(tokenUrl(config.document))) &&
  (await journal.isUsed(token));

async function renew(deps: RefreshTokenDeps, renewal: Renewal, lease: Lease): Promise<RefreshOutcome> {
  const { row, userId, facts } = renewal;
  const { config, token } = row;
  let answer: TokenAnswer;
  try {
    if (!isConfirmed(renewal) && (await isRestored(deps, row))) throw usedRefreshToken();
    const variables = { RefreshToken: token.refreshToken ?? '', Token: token.accessToken ?? '' };
    const late = () => deps.late?.();
    const sending = { check: () => mayStillSend(deps, lease), listenMs: LISTEN, late };
    const kind = renewalKindOf(config.document);
    answer = await requestToken({ ...deps, sending }, config.document, kind, variables);
  } catch (error) {
    if (error instanceof NotSent) return { outcome: 'busy' };
    if (!(error instanceof ProviderError)) throw error;
    return handleFailure(deps, renewal, error);
  }
  try {
    const stored = await keepAndStore(deps, {
      configId: config.id,
      used: token,
      replaces: token,
      answer,
      userId,
      actor: facts.actor,
      what: 'renewal',
      attempt: (current, values) => succeeded({ ...row, token: current }, values, facts, deps.clock()),
    });
    return { outcome: stored ? 'renewed' : 'renewed-elsewhere' };
  } catch (error) {
    lease.answerWaits = true;
    await noteUnstored(deps, renewal, error).catch(() => undefined);
    throw error;
  }
}

async function read(deps: RefreshTokenDeps, configId: number): Promise<RenewalRow> {
  const row = await deps.renewals.one(configId);
  if (!row) throw new SidecarError('unknown-token-config');
  return row;
}

function withSecret(row: RenewalRow, secret: string | undefined): RenewalRow {
  if (secret === undefined) return row;
  const document = { ...row.config.document, ClientSecret: secret };
  return { ...row, config: { ...row.config, document } };
}

/** What the holder of a lease knows. */
interface Lease extends RenewalLease {
  /** The row as it was before, if it must not have changed. */
  before: StoredToken | undefined;
  /** The answer is only in the journal: the lease is kept until it is stored. */
  answerWaits: boolean;
}

function mayStillSend({ inFlight, isQuiet }: RefreshTokenDeps, lease: Lease): void {
  if (!lease.isSure()) throw new NotSent('the lease may have ended');
  if (isQuiet?.()) throw new NotSent('the database was lost a moment ago');
  if (inFlight?.isClosing()) throw new NotSent('the sidecar is stopping');
}

/** Under the lease: reads, decides, sends the request. */
async function underLease(deps: RefreshTokenDeps, input: RefreshTokenInput, lease: Lease) {
  const { before, leftBehind } = lease;
  const row = withSecret(await read(deps, input.configId), input.trialSecret);
  if (before && !isSameToken(before, row.token)) return { outcome: 'renewed-elsewhere' } as const;
  if (await deps.journal.isAnswered(row.token)) return ANSWER_WAITS;
  const policy = policyOf(await deps.settings.current());
  const startedAt = deps.clock();
  const decision = decide(row, startedAt, policy);
  const { reason } = decision;
  // Only a person renews what nobody else may renew now: the provider may have asked for this wait.
  const isForced = input.force && (input.actor !== null || reason === 'not_due');
  if (!isForced && !decision.renew) {
    const state = tokenState(row, startedAt, policy);
    const mark = markOf(state, row.config.document);
    const at = dueTime(row, decision, state, startedAt);
    await deps.renewals.schedule([
      { configId: input.configId, at, reason, mark, configMark: row.configMark },
    ]);
    return { outcome: 'not-due', reason, at: decision.at } as const;
  }
  const facts = { what: 'renewal', actor: input.actor, startedAt, holder: deps.holder, policy } as const;
  if ((await mayBeOlder(deps)) || !lease.isSure()) return { outcome: 'busy' } as const;
  const { userId, isTrial = false } = input;
  return renew(deps, { row, userId, facts, leftBehind, isTrial }, lease);
}

/** Has the provider judged the refresh token, so that a possibly lost answer no longer matters? */
const isSettled = (done: RefreshOutcome | undefined, error: unknown) =>
  error instanceof ProviderError
    ? error.failure.outcome === 'grant-dead'
    : done?.outcome === 'renewed' || done?.outcome === 'renewed-elsewhere';

/** Does the work and releases the lease, except if the answer could not be stored. */
async function withLease(deps: RefreshTokenDeps, input: RefreshTokenInput, lease: Lease) {
  let done: RefreshOutcome | undefined;
  let fault: unknown;
  try {
    done = await underLease(deps, input, lease);
    return done;
  } catch (error) {
    fault = error;
    throw error instanceof ProviderError ? asSidecarError(error) : error;
  } finally {
    const untouched = done?.outcome === 'not-due' || done?.outcome === 'busy';
    // A refusal of a trial is not recorded, so it settles nothing.
    const judged = input.isTrial ? undefined : fault;
    const unsettled = lease.leftBehind && !isSettled(done, judged);
    // A cache expires by itself.
    await Promise.allSettled([
      untouched ? undefined : deps.caches.forgetTokenConfigs(),
      // The transaction of a success has released the lease.
      done?.outcome === 'renewed' || lease.answerWaits
        ? lease.end(lease.answerWaits)
        : lease.release(unsettled),
    ]);
  }
}

/** An answer that is not stored yet takes precedence, unless another refresh token has been stored since. */
const isAnswered = async (deps: RefreshTokenDeps, configId: number, row: RenewalRow | undefined) =>
  deps.journal.waits(configId) && deps.journal.isAnswered((row ?? (await read(deps, configId))).token);

async function withOwnLease(deps: RefreshTokenDeps, input: RefreshTokenInput, row: RenewalRow | undefined) {
  const { configId, actor, force = false } = input;
  if (await isAnswered(deps, configId, row)) return ANSWER_WAITS;
  // Only a person decides that the previous holder will not come back with the answer in its journal.
  const lease = await takeLease(deps, configId, force && actor !== null);
  return lease
    ? withLease(deps, input, { ...lease, before: row?.token, answerWaits: false })
    : ({ outcome: 'busy' } as const);
}

/**
 * Renews one token (RFC 6749 §6, or §4.4 for client credentials): takes the lease, reads, decides, sends one
 * request, keeps the answer in the journal, and stores it by compare-and-set.
 * @throws SidecarError unknown-token-config, no-refresh-token, renewal-running, answer-waiting (force), and
 *   those of the provider
 */
export async function refreshToken(
  deps: RefreshTokenDeps,
  input: RefreshTokenInput,
): Promise<RefreshOutcome> {
  const { configId, force = false } = input;
  if (input.actor !== null) await quietEnds(deps);
  const row = force ? (input.row ?? (await read(deps, configId))) : undefined;
  if (row && !row.token.refreshToken && !isClientCredentials(row.config.document))
    throw new SidecarError('no-refresh-token');
  const work = withOwnLease(deps, input, row);
  const done: RefreshOutcome = await (deps.inFlight?.track(work) ?? work);
  if (force && done.outcome === 'busy')
    throw new SidecarError(done.answerWaits ? 'answer-waiting' : 'renewal-running');
  return done;
}
