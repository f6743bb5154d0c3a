import { copyTokenConfig } from '../../usecases/copy-token-config.js';
import type { WebDeps } from '../deps.js';
import { type SidecarContext, seeOther } from '../respond.js';
import { screenUrl } from '../screen-url.js';

/**
 * Copies a configuration without its tokens and redirects to the copy's form, because it usually needs
 * another name.
 */
export async function copyConfig(ctx: SidecarContext, deps: WebDeps): Promise<void> {
  const { parameters, agent } = ctx.state;
  if (!agent) return;
  const copy = await copyTokenConfig(deps, { id: parameters.id('ID'), userId: agent.userId });
  seeOther(ctx, screenUrl('EditTokenConfig', { ID: copy.id }));
}
