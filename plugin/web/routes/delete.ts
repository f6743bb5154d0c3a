import { isUsed, NO_USAGE } from '../../domain/mailbox/usage.js';
import { SidecarError } from '../../errors.js';
import { deleteTokenConfig } from '../../usecases/delete-token-config.js';
import { namesKeys } from '../../usecases/remove-unused-keys.js';
import { overviewWith } from '../notices.js';
import type { ScreenCall } from '../screen-call.js';

/** Asks for confirmation: a GET deletes nothing. */
export async function confirmDelete({ deps, reader, parameters, showPage }: ScreenCall): Promise<void> {
  const config = await deps.tokenConfigs.byId(parameters.id('ID'));
  if (!config) throw new SidecarError('unknown-token-config');
  const usage = (await deps.usages.of([config])).get(config.id) ?? NO_USAGE;
  await showPage({
    title: 'Delete',
    template: 'delete',
    data: {
      here: `${reader.t('Delete')}: ${config.name}`,
      id: config.id,
      name: config.name,
      used: isUsed(usage),
      usage,
      hasKeys: namesKeys(config.document),
    },
  });
}

export async function deleteConfig({ deps, agent, parameters, redirect }: ScreenCall): Promise<void> {
  await deleteTokenConfig(deps, { id: parameters.id('ID'), userId: agent.userId });
  redirect(overviewWith('deleted'));
}
