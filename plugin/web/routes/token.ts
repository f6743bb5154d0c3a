import { renewNow } from '../../usecases/renew-now.js';
import { startAdminConsent } from '../../usecases/start-admin-consent.js';
import { startAuthorization } from '../../usecases/start-authorization.js';
import { overviewWith } from '../notices.js';
import type { ScreenCall } from '../screen-call.js';

/** "Request new token": goes to the provider in the same tab, so that a popup blocker does not matter. */
export async function requestToken({ deps, agent, parameters, redirect }: ScreenCall): Promise<void> {
  const { url } = await startAuthorization(deps, { configId: parameters.id('ID'), agent });
  redirect(url);
}

/** Goes to Microsoft, where an administrator of the tenant grants the app its permissions. */
export async function requestAdminConsent({ deps, agent, parameters, redirect }: ScreenCall): Promise<void> {
  const { url } = await startAdminConsent(deps, { configId: parameters.id('ID'), agent });
  redirect(url);
}

/** "Renew now": with the refresh token, without a consent. */
export async function renewToken({ deps, agent, parameters, redirect }: ScreenCall): Promise<void> {
  await renewNow(deps, {
    configId: parameters.id('ID'),
    userId: agent.userId,
    actor: agent.userId,
  });
  redirect(overviewWith('renewed'));
}
