import { Readable } from 'node:stream';
import { isSidecarError, SidecarError } from '../../errors.js';
import { exportTokenConfigs } from '../../usecases/export-token-configs.js';
import type { Parameters } from '../parameters.js';
import type { ScreenCall } from '../screen-call.js';

const idOf = (parameters: Parameters) =>
  parameters.one('ID') === undefined ? undefined : parameters.id('ID');

/** Asks whether the file shall contain the secrets; for all configurations, or for one (ID). */
export async function showExport({ deps, parameters, showPage }: ScreenCall): Promise<void> {
  const id = idOf(parameters);
  const config = id === undefined ? undefined : await deps.tokenConfigs.byId(id);
  if (config === null) throw new SidecarError('unknown-token-config');
  await showPage({
    title: 'Export token configurations',
    template: 'export',
    data: { id, name: config?.name },
  });
}

/**
 * Sends a YAML download with the file name that the helpdesk uses. Without further parameters it contains the
 * same as the helpdesk's own export: all configurations, including secrets. `Secrets=0` omits the secrets.
 */
export async function exportConfigs({ ctx, deps, parameters }: ScreenCall): Promise<void> {
  const formatDate = await deps.helpdeskTime();
  const stamp = formatDate(deps.clock()).replace(/[-:]/g, '').replace(' ', '_');
  const withSecrets = parameters.one('Secrets') !== '0';
  const yaml = await exportTokenConfigs(deps, { id: idOf(parameters), withSecrets, formatDate });
  ctx.type = 'application/yaml; charset=utf-8';
  const what = withSecrets ? '' : 'WithoutSecrets';
  ctx.set('Content-Disposition', `attachment; filename="OAuth2TokenConfigurationExport${what}_${stamp}.yml"`);
  // What has already been sent cannot be taken back: the browser shows that the download failed.
  ctx.body = Readable.from(yaml).on('error', (error) => {
    if (isSidecarError(error)) deps.log.error({ code: error.code, fault: error.log }, 'export cut short');
  });
}
