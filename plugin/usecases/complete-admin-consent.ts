import { isGuid } from '../domain/configuration/microsoft-tenant.js';
import type { TokenConfig } from '../domain/configuration/token-config.js';
import { adminConsentOf } from '../domain/consent/admin-consent.js';
import type { Callback } from '../domain/consent/authorization-store.js';
import { SidecarError } from '../errors.js';
import { phrase } from '../lib/phrase.js';
import { type CompleteAuthorizationDeps, checkRefusal, takePending } from './complete-authorization.js';
import { oneLine, recordFailedConsent } from './record-failed-consent.js';

export type CompleteAdminConsentDeps = Pick<
  CompleteAuthorizationDeps,
  'authorizations' | 'tokenConfigs' | 'events' | 'clock'
>;

/** Microsoft sends the parameter `admin_consent` with a refusal as well, so the refusal is read first. */
function checkAnswer({ document }: TokenConfig, callback: Callback): void {
  checkRefusal(callback);
  const { parameters } = callback;
  if (parameters.one('admin_consent')?.toLowerCase() !== 'true')
    throw new SidecarError('admin-consent-missing');
  const granted = oneLine(parameters.one('tenant') ?? '', 100);
  const { tenant = '' } = adminConsentOf(document) ?? {};
  // A tenant that is named by its domain cannot be compared: the answer has its ID.
  if (isGuid(tenant) && granted.toLowerCase() !== tenant.toLowerCase())
    throw new SidecarError('admin-consent-elsewhere', {
      detail: phrase('Configured: %s. Granted in: %s.', tenant, granted || '-'),
    });
}

/**
 * Receives the answer to an admin consent, whose state works once and for the session that started it. Stores
 * nothing but a line of the history: the answer proves nothing to Microsoft, only the next token has the permissions.
 * @throws SidecarError state-*, admin-consent-missing, admin-consent-elsewhere, and those of a refused consent
 */
export async function completeAdminConsent(
  deps: CompleteAdminConsentDeps,
  callback: Callback,
): Promise<{ configId: number }> {
  const pending = await takePending(deps, callback);
  const config = await deps.tokenConfigs.byId(pending.configId);
  if (!config) throw new SidecarError('unknown-token-config');
  const startedAt = deps.clock();
  const what = 'admin-consent';
  try {
    checkAnswer(config, callback);
  } catch (error) {
    await recordFailedConsent(deps, { callback, config, startedAt, what }, error);
    throw error;
  }
  const event = { at: startedAt, actor: callback.agent.userId, what, outcome: 'ok', code: null } as const;
  await deps.events.add(config.id, { ...event, durationMs: null });
  return { configId: config.id };
}
