import { adminConsentOf, adminConsentState } from '../domain/consent/admin-consent.js';
import { redirectUri } from '../domain/consent/redirect-uri.js';
import { SidecarError } from '../errors.js';
import { randomText } from '../lib/hash.js';
import { phrase } from '../lib/phrase.js';
import { type StartAuthorizationDeps, storeAuthorization } from './start-authorization.js';

/**
 * Starts Microsoft's admin consent: an administrator of the tenant grants the app its permissions for everybody.
 * The answer comes to the callback with a state that is stored like that of a consent: one-time, bound to the
 * agent's session, valid for ten minutes.
 * @returns Microsoft's URL for the browser
 * @throws SidecarError unknown-token-config, invalid-token-config
 */
export async function startAdminConsent(
  deps: StartAuthorizationDeps,
  { configId, agent }: { configId: number; agent: { userId: number; sessionId: string } },
): Promise<{ url: string }> {
  const config = await deps.tokenConfigs.byId(configId);
  if (!config) throw new SidecarError('unknown-token-config');
  const { ClientID: clientId = '', Scope: scope = '' } = config.document;
  const consent = adminConsentOf(config.document);
  if (!consent || clientId === '')
    throw new SidecarError('invalid-token-config', {
      detail: phrase(
        'Admin consent needs a client ID, and Microsoft endpoints that name a tenant. Edit the token configuration.',
      ),
    });
  const state = adminConsentState(randomText(256));
  const redirect = redirectUri(await deps.settings.current());
  await storeAuthorization(deps, { state, verifier: null, redirectUri: redirect, configId, agent });
  const url = new URL(consent.url);
  const parameters = { client_id: clientId, scope, redirect_uri: redirect, state };
  for (const [name, value] of Object.entries(parameters)) url.searchParams.set(name, value);
  return { url: url.href };
}
