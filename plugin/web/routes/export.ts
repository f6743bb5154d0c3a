import { exportTokenConfigs } from '../../usecases/export-token-configs.js';
import type { WebDeps } from '../deps.js';
import type { SidecarContext } from '../respond.js';

/** A YAML download named as the helpdesk names its own. */
export async function exportConfigs(ctx: SidecarContext, deps: WebDeps): Promise<void> {
  const helpdeskTime = await deps.helpdeskTime();
  const stamp = helpdeskTime(deps.clock()).replace(/[-:]/g, '').replace(' ', '_');
  const yaml = await exportTokenConfigs(deps, helpdeskTime);
  ctx.type = 'application/yaml; charset=utf-8';
  ctx.set('Content-Disposition', `attachment; filename="OAuth2TokenConfigurationExport_${stamp}.yml"`);
  ctx.body = yaml;
}
