import { isUsed, NO_USAGE } from '../../domain/mailbox/usage.js';
import { SidecarError } from '../../errors.js';
import { deleteTokenConfig } from '../../usecases/delete-token-config.js';
import type { WebDeps } from '../deps.js';
import { overviewWith } from '../notices.js';
import { respondWithPage, type SidecarContext, seeOther } from '../respond.js';

/** Asks for confirmation: a GET deletes nothing. */
export async function confirmDelete(ctx: SidecarContext, deps: WebDeps): Promise<void> {
  const config = await deps.tokenConfigs.byId(ctx.state.parameters.id('ID'));
  if (!config) throw new SidecarError('unknown-token-config');
  const usage = (await deps.usages.of([config])).get(config.id) ?? NO_USAGE;
  const language = ctx.state.agent?.language ?? 'en';
  await respondWithPage(ctx, deps, {
    title: 'Delete',
    template: 'delete',
    data: {
      here: `${deps.translate(language, 'Delete')}: ${config.name}`,
      id: config.id,
      name: config.name,
      used: isUsed(usage),
      usage,
    },
  });
}

export async function deleteConfig(ctx: SidecarContext, deps: WebDeps): Promise<void> {
  const { parameters, agent } = ctx.state;
  if (!agent) return;
  await deleteTokenConfig(deps, { id: parameters.id('ID'), userId: agent.userId });
  seeOther(ctx, overviewWith('deleted'));
}
