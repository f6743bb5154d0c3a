import { explainProviderError } from '../domain/explain-provider-error.js';
import type {
  Agent,
  AuthorizationStore,
  Clock,
  HelpdeskCaches,
  PendingAuthorization,
  TokenConfigStore,
  TokenEndpoint,
  TokenStore,
} from '../domain/ports.js';
import { ProviderError } from '../domain/provider-error.js';
import type { TokenAnswer } from '../domain/token.js';
import type { TokenConfig } from '../domain/token-config.js';
import { SidecarError } from '../errors.js';
import { sha256 } from '../lib/hash.js';
import { asSidecarError, requestToken } from './request-token.js';

export interface CompleteAuthorizationDeps {
  authorizations: AuthorizationStore;
  tokenConfigs: Pick<TokenConfigStore, 'byId'>;
  tokens: TokenStore;
  endpoint: TokenEndpoint;
  caches: HelpdeskCaches;
  clock: Clock;
}

export interface Callback {
  /** One value of a parameter; throws where it came twice with different values. */
  parameters: { one(name: string): string | undefined };
  agent: Pick<Agent, 'userId' | 'sessionId'>;
}

/** Attempts of the compare-and-set: each loss means that somebody wrote in that very moment. */
const ATTEMPTS = 5;

/** The consent that a state belongs to; whoever else shows up with it changes nothing. */
async function takePending(
  deps: CompleteAuthorizationDeps,
  { parameters, agent }: Callback,
): Promise<PendingAuthorization> {
  const state = parameters.one('state') ?? '';
  const now = deps.clock();
  const stateHash = sha256(state);
  const known = state === '' ? null : await deps.authorizations.peek(stateHash);
  if (!known) throw new SidecarError('state-invalid');
  if (known.sessionHash !== sha256(agent.sessionId)) throw new SidecarError('state-foreign');
  const pending = await deps.authorizations.consume(stateHash, now);
  if (!pending) throw new SidecarError('state-invalid');
  if (pending.expiresAt <= now) throw new SidecarError('state-expired');
  return pending;
}

/** RFC 9207 §2.4: where the answer names its issuer, it is the expected one, or at least at the same origin. */
function checkIssuer(config: TokenConfig, issuer: string | undefined): void {
  if (issuer === undefined) return;
  const expected = config.document.Sidecar?.Issuer;
  const endpoint = String(config.document.Requests?.AuthorizationCode?.Request?.URL ?? '');
  const sameOrigin = () =>
    URL.canParse(issuer) && URL.canParse(endpoint) && new URL(issuer).origin === new URL(endpoint).origin;
  if (expected ? issuer !== expected : !sameOrigin()) throw new SidecarError('issuer-mismatch');
}

function checkRefusal({ parameters }: Callback): void {
  const error = parameters.one('error');
  if (!error) return;
  const description = (parameters.one('error_description') ?? '').slice(0, 500);
  const explained = explainProviderError(error, description).text;
  throw new SidecarError(error === 'access_denied' ? 'consent-refused' : 'provider-refused', {
    detail: `${explained} (${[error.slice(0, 100), description].filter(Boolean).join(': ')})`,
    log: `authorization refused: ${error.slice(0, 100)}`,
  });
}

async function store(deps: CompleteAuthorizationDeps, configId: number, answer: TokenAnswer, userId: number) {
  for (let attempt = 0; attempt < ATTEMPTS; attempt++) {
    const stored = await deps.tokens.get(configId);
    if (await deps.tokens.save(stored, answer, userId)) return;
  }
  throw new SidecarError('renewal-running');
}

/**
 * Ends the authorization code flow (RFC 6749 §4.1.2): takes the state out once, asks for the token, stores it. The
 * stored token is only touched once the new one has been received whole.
 * @returns incomplete: the provider sent no refresh token
 * @throws SidecarError state-*, issuer-mismatch, consent-refused, provider-*, code-missing, grant-dead, client-rejected
 */
export async function completeAuthorization(
  deps: CompleteAuthorizationDeps,
  callback: Callback,
): Promise<{ configId: number; incomplete: boolean }> {
  const pending = await takePending(deps, callback);
  const config = await deps.tokenConfigs.byId(pending.configId);
  if (!config) throw new SidecarError('unknown-token-config');
  checkIssuer(config, callback.parameters.one('iss'));
  checkRefusal(callback);
  const code = callback.parameters.one('code');
  if (!code) throw new SidecarError('code-missing');
  const variables = { AuthorizationCode: code, RedirectURL: pending.redirectUri };
  const extra: Record<string, string> = pending.verifier ? { code_verifier: pending.verifier } : {};
  let answer: TokenAnswer;
  try {
    answer = await requestToken(deps, config.document, 'TokenByAuthorizationCode', variables, extra);
  } catch (error) {
    throw error instanceof ProviderError ? asSidecarError(error) : error;
  }
  await store(deps, config.id, answer, callback.agent.userId);
  await deps.caches.forgetTokenConfigs();
  return { configId: config.id, incomplete: !answer.refreshToken };
}
