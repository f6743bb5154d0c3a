import { renewNow } from '../../usecases/renew-now.js';
import { startAuthorization } from '../../usecases/start-authorization.js';
import type { WebDeps } from '../deps.js';
import { overviewWith } from '../notices.js';
import { type SidecarContext, seeOther } from '../respond.js';

/** "Request new token": goes to the provider in the same tab, so that a popup blocker does not matter. */
export async function requestToken(ctx: SidecarContext, deps: WebDeps): Promise<void> {
  const { parameters, agent } = ctx.state;
  if (!agent) return;
  const { url } = await startAuthorization(deps, { configId: parameters.id('ID'), agent });
  seeOther(ctx, url);
}

/** "Renew now": with the refresh token, without a consent. */
export async function renewToken(ctx: SidecarContext, deps: WebDeps): Promise<void> {
  const { parameters, agent } = ctx.state;
  if (!agent) return;
  await renewNow(deps, {
    configId: parameters.id('ID'),
    userId: agent.userId,
    actor: agent.userId,
  });
  seeOther(ctx, overviewWith('renewed'));
}
