import type { Clock } from '../domain/clock.js';
import { isClientCredentials } from '../domain/configuration/auth-flow.js';
import { scopeList } from '../domain/configuration/scopes.js';
import type { TokenConfigStore } from '../domain/configuration/token-config-store.js';
import type { AuthorizationStore } from '../domain/consent/authorization-store.js';
import { authorizationUrl, buildRequest } from '../domain/consent/build-request.js';
import { redirectUri } from '../domain/consent/redirect-uri.js';
import type { SettingsReader } from '../domain/helpdesk/settings.js';
import { SidecarError } from '../errors.js';
import { codeChallenge, nonceOf, randomText, sha256 } from '../lib/hash.js';
import { phrase } from '../lib/phrase.js';

export interface StartAuthorizationDeps {
  settings: SettingsReader;
  tokenConfigs: Pick<TokenConfigStore, 'byId'>;
  authorizations: AuthorizationStore;
  clock: Clock;
}

/**
 * Identifies who may complete a consent: the session that started it, or any session of the user if it was
 * started on the command line, which has no session. The helpdesk's session IDs are random and never look
 * like `user:<ID>`.
 */
export const ownerMark = ({ userId, sessionId }: { userId: number; sessionId: string | null }): string =>
  sha256(sessionId ?? `user:${userId}`);

/** How long a consent may take, in milliseconds. */
export const AUTHORIZATION_LIFETIME = 10 * 60 * 1000;

interface Started {
  /** Sent to the provider; only its hash is stored. */
  state: string;
  /** Of PKCE; null: without it. */
  verifier: string | null;
  redirectUri: string;
  configId: number;
  agent: { userId: number; sessionId: string | null };
}

/** Stores an authorization that is about to be requested, so that its answer is accepted once. */
export async function storeAuthorization(
  { authorizations, clock }: Pick<StartAuthorizationDeps, 'authorizations' | 'clock'>,
  { state, agent, ...started }: Started,
): Promise<void> {
  const now = clock();
  await authorizations.insert({
    ...started,
    stateHash: sha256(state),
    sessionHash: ownerMark(agent),
    userId: agent.userId,
    createdAt: now,
    expiresAt: new Date(now.getTime() + AUTHORIZATION_LIFETIME),
  });
}

/**
 * Starts the authorization code flow: creates a state of 256 random bits, of which only the hash is stored,
 * bound to the agent's session or to the agent (RFC 9700 §4.7), and a PKCE verifier (RFC 7636) unless the
 * configuration switches it off.
 * @returns the provider's URL for the browser
 * @throws SidecarError unknown-token-config, invalid-token-config
 */
export async function startAuthorization(
  deps: StartAuthorizationDeps,
  { configId, agent }: { configId: number; agent: { userId: number; sessionId: string | null } },
): Promise<{ url: string }> {
  const config = await deps.tokenConfigs.byId(configId);
  if (!config) throw new SidecarError('unknown-token-config');
  if (isClientCredentials(config.document))
    throw new SidecarError('invalid-token-config', {
      detail: phrase('This token configuration uses client credentials: no consent is needed.'),
    });
  const state = randomText(256);
  const verifier = Number(config.document.Sidecar?.PKCE ?? 1) === 0 ? null : randomText(384);
  const redirect = redirectUri(await deps.settings.current());
  const request = buildRequest(config.document, 'AuthorizationCode', { RedirectURL: redirect, State: state });
  if (!URL.canParse(request.url) || !/^https?:/i.test(request.url)) {
    throw new SidecarError('invalid-token-config', {
      detail: phrase(
        'The URL for the authorization code is missing or invalid. Edit the token configuration.',
      ),
    });
  }
  await storeAuthorization(deps, { state, verifier, redirectUri: redirect, configId, agent });
  const challenge: Record<string, string> = verifier
    ? { code_challenge: codeChallenge(verifier), code_challenge_method: 'S256' }
    : {};
  // OpenID Connect Core §3.1.2.1: binds the ID token, which says who consented, to this very request.
  const nonce: Record<string, string> = scopeList(String(config.document.Scope ?? '')).includes('openid')
    ? { nonce: nonceOf(state) }
    : {};
  // `state` is sent even if a mapping omits it: without it the answer could not be distinguished from a
  // forged one.
  return { url: authorizationUrl(request, { state, ...nonce, ...challenge }) };
}
