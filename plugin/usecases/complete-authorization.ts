import type { Clock } from '../domain/clock.js';
import type { TokenConfig } from '../domain/configuration/token-config.js';
import type { TokenConfigStore } from '../domain/configuration/token-config-store.js';
import type {
  AuthorizationStore,
  Callback,
  PendingAuthorization,
} from '../domain/consent/authorization-store.js';
import { missingScopesAdvice } from '../domain/consent/granted-scopes.js';
import type { IdentityStore } from '../domain/consent/identity-store.js';
import type { HelpdeskCaches } from '../domain/helpdesk/caches.js';
import type { SettingsReader } from '../domain/helpdesk/settings.js';
import { providerOf, tokenUrl } from '../domain/provider/provider.js';
import type { ProviderDocuments } from '../domain/provider/provider-documents.js';
import { classify, ProviderError } from '../domain/provider/provider-error.js';
import type { TokenEndpoint } from '../domain/provider/token-endpoint.js';
import type { AnswerJournal } from '../domain/token/answer-journal.js';
import type { EventStore } from '../domain/token/event-store.js';
import { policyOf } from '../domain/token/renewal.js';
import type { RenewalRow, RenewalStore } from '../domain/token/renewal-store.js';
import type { TokenAnswer } from '../domain/token/token.js';
import type { TokenStore } from '../domain/token/token-store.js';
import { type ErrorCode, SidecarError } from '../errors.js';
import { sha256 } from '../lib/hash.js';
import type { InFlight } from '../lib/in-flight.js';
import { grantedTooLittle, succeeded } from './attempts.js';
import { keepAndStore } from './keep-and-store.js';
import { askUserInfo, identityFromIdToken } from './learn-identity.js';
import { oneLine, recordFailedConsent } from './record-failed-consent.js';
import { asSidecarError, requestAnswer, wordsOfProvider } from './request-token.js';
import { ownerMark } from './start-authorization.js';

export interface CompleteAuthorizationDeps {
  authorizations: AuthorizationStore;
  tokenConfigs: Pick<TokenConfigStore, 'byId'>;
  renewals: Pick<RenewalStore, 'one' | 'note'>;
  tokens: TokenStore;
  journal: AnswerJournal;
  settings: SettingsReader;
  /** Identifies this process in leases. */
  holder: string;
  endpoint: TokenEndpoint;
  caches: HelpdeskCaches;
  identities: Pick<IdentityStore, 'save'>;
  events: Pick<EventStore, 'add'>;
  documents: Pick<ProviderDocuments, 'userInfo'>;
  clock: Clock;
  /** Renewals and consents in progress. */
  inFlight?: InFlight;
  /** Waits; replaced in tests. */
  pause?: (ms: number) => Promise<void>;
}

/**
 * Takes the authorization that a state belongs to. A request with another session's state changes nothing.
 * @throws SidecarError state-*
 */
export async function takePending(
  deps: Pick<CompleteAuthorizationDeps, 'authorizations' | 'clock'>,
  { parameters, agent }: Callback,
): Promise<PendingAuthorization> {
  const state = parameters.one('state') ?? '';
  const now = deps.clock();
  const stateHash = sha256(state);
  const known = state === '' ? null : await deps.authorizations.peek(stateHash);
  if (!known) throw new SidecarError('state-invalid');
  const owners = [ownerMark(agent), ownerMark({ ...agent, sessionId: null })];
  if (!owners.includes(known.sessionHash)) throw new SidecarError('state-foreign');
  const pending = await deps.authorizations.consume(stateHash);
  if (!pending) throw new SidecarError('state-invalid');
  if (pending.expiresAt <= now) throw new SidecarError('state-expired');
  return pending;
}

/**
 * RFC 9207 §2.4: an issuer in the answer must be the expected one, or at least have the same origin. If the
 * configuration requires an issuer, the answer must name it.
 */
function checkIssuer(config: TokenConfig, issuer: string | undefined): void {
  const { Issuer: expected, RequireIssuer: required = 0 } = config.document.Sidecar ?? {};
  if (issuer === undefined) {
    if (Number(required) === 0) return;
    throw new SidecarError('issuer-mismatch', { log: 'the answer names no issuer, and must' });
  }
  const endpoint = String(config.document.Requests?.AuthorizationCode?.Request?.URL ?? '');
  const sameOrigin = () =>
    URL.canParse(issuer) && URL.canParse(endpoint) && new URL(issuer).origin === new URL(endpoint).origin;
  if (expected ? issuer !== expected : !sameOrigin()) throw new SidecarError('issuer-mismatch');
}

function refusalCode(error: string, description: string, codes: string): ErrorCode {
  if (error === 'access_denied') return 'consent-refused';
  const outcome = classify(error, 400, { description, codes });
  if (outcome === 'transient') return 'provider-overloaded';
  return outcome === 'client-rejected' ? 'client-rejected' : 'provider-refused';
}

/**
 * RFC 6749 §4.1.2.1
 * @throws SidecarError consent-refused, provider-refused, provider-overloaded, client-rejected
 */
export function checkRefusal({ parameters }: Callback): void {
  const error = oneLine(parameters.one('error') ?? '', 100);
  if (!error) return;
  const description = oneLine(parameters.one('error_description') ?? '', 500);
  const codes = oneLine(parameters.one('error_subtype') ?? '', 100);
  const code = refusalCode(error, description, codes);
  throw new SidecarError(code, {
    detail: wordsOfProvider(code, { error, description, codes }, 'consent'),
    log: `authorization refused: ${error}`,
  });
}

/** Here `invalid_grant` refers to the code (RFC 6749 §5.2), not to a stored refresh token. */
function exchangeFailure(error: ProviderError): SidecarError {
  const told = asSidecarError(error, 'consent');
  if (error.failure.outcome !== 'grant-dead') return told;
  return new SidecarError('provider-refused', {
    detail: wordsOfProvider('provider-refused', error.failure, 'consent'),
    log: told.log,
    cause: error,
  });
}

/**
 * Completes the authorization code flow (RFC 6749 §4.1.2): takes the state, which works once, requests the
 * token and stores it. The stored token is replaced only after the new one has been received completely.
 * @returns incomplete: the provider sent no refresh token
 * @throws SidecarError state-*, issuer-mismatch, consent-refused, scope-missing, provider-*, code-missing, grant-dead,
 *   client-rejected
 */
export async function completeAuthorization(
  deps: CompleteAuthorizationDeps,
  callback: Callback,
): Promise<{ configId: number; incomplete: boolean }> {
  const pending = await takePending(deps, callback);
  const config = await deps.tokenConfigs.byId(pending.configId);
  if (!config) throw new SidecarError('unknown-token-config');
  const consent = { callback, config, startedAt: deps.clock() };
  try {
    const work = exchange(deps, { ...consent, pending });
    return await (deps.inFlight?.track(work) ?? work);
  } catch (error) {
    await recordFailedConsent(deps, consent, error);
    if (error instanceof SidecarError) error.failedConsent = { id: config.id, name: config.name };
    throw error;
  }
}

/** A token that cannot fetch or send mail must not replace one that can. */
async function checkScopes(
  { renewals, settings, clock }: CompleteAuthorizationDeps,
  row: RenewalRow,
  { missingScopes: missing = [] }: TokenAnswer,
): Promise<void> {
  if (missing.length === 0) return;
  const { token, config } = row;
  if (token.accessToken === null && token.refreshToken === null) {
    const policy = policyOf(await settings.current());
    const attempt = grantedTooLittle(row, missing, { policy }, clock());
    // No lease is held: another consent may have stored a token since the row was read.
    await renewals.note(config.id, attempt, { withoutTokens: true });
  }
  const provider = providerOf(tokenUrl(config.document));
  throw new SidecarError('scope-missing', { detail: missingScopesAdvice(provider, missing) });
}

interface Exchange {
  callback: Callback;
  pending: PendingAuthorization;
  config: TokenConfig;
  startedAt: Date;
}

async function exchange(
  deps: CompleteAuthorizationDeps,
  { callback, pending, config, startedAt }: Exchange,
): Promise<{ configId: number; incomplete: boolean }> {
  checkIssuer(config, callback.parameters.one('iss'));
  checkRefusal(callback);
  const code = callback.parameters.one('code');
  if (!code) throw new SidecarError('code-missing');
  const variables = { AuthorizationCode: code, RedirectURL: pending.redirectUri };
  const extra: Record<string, string> = pending.verifier ? { code_verifier: pending.verifier } : {};
  let answer: TokenAnswer & { accessToken: string };
  let raw: Record<string, unknown>;
  try {
    ({ answer, raw } = await requestAnswer(
      deps,
      config.document,
      'TokenByAuthorizationCode',
      variables,
      extra,
    ));
  } catch (error) {
    throw error instanceof ProviderError ? exchangeFailure(error) : error;
  }
  const row = await deps.renewals.one(config.id);
  if (!row) throw new SidecarError('unknown-token-config');
  await checkScopes(deps, row, answer);
  // Judged before anything is stored: an answer made for another client or request must not replace anything.
  const claimed = identityFromIdToken(
    config.document,
    raw.id_token,
    callback.parameters.one('state') ?? '',
    deps.clock(),
  );
  const { userId } = callback.agent;
  const policy = policyOf(await deps.settings.current());
  const consent = { what: 'consent', actor: userId, identity: claimed } as const;
  const facts = { ...consent, startedAt, holder: deps.holder, policy };
  await keepAndStore(deps, {
    configId: config.id,
    used: null,
    replaces: row.token,
    answer,
    userId,
    ...consent,
    attempt: (current, values) => succeeded({ ...row, token: current }, values, facts, deps.clock()),
  });
  await deps.caches.forgetTokenConfigs();
  await askUserInfo(deps, config, answer.accessToken, claimed);
  return { configId: config.id, incomplete: !answer.refreshToken };
}
