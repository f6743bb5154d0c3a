import { SidecarError } from '../../errors.js';
import { mendTokenConfig } from '../../usecases/mend-token-config.js';
import type { WebDeps } from '../deps.js';
import { type SidecarContext, seeOther } from '../respond.js';
import { screenUrl } from '../screen-url.js';

/** "Add what is missing": adds what the current template has and the configuration lacks. */
export async function addMissingParts(ctx: SidecarContext, deps: WebDeps): Promise<void> {
  const { parameters, agent } = ctx.state;
  if (!agent) return;
  const id = parameters.id('ID');
  const { needsConsent } = await mendTokenConfig(deps, { id, userId: agent.userId });
  seeOther(ctx, screenUrl('EditTokenConfig', { ID: id, Notice: needsConsent ? 'mended-consent' : 'mended' }));
}

/** Marks the mail accounts of a configuration that are shared mailboxes. */
export async function markSharedMailboxes(ctx: SidecarContext, deps: WebDeps): Promise<void> {
  const { parameters } = ctx.state;
  const config = await deps.tokenConfigs.byId(parameters.id('ID'));
  if (!config) throw new SidecarError('unknown-token-config');
  const accounts = (await deps.usages.of([config])).get(config.id)?.mailAccounts ?? [];
  const marked = parameters.every('Shared').map(Number);
  const ids = accounts.map(({ id }) => id).filter((id) => marked.includes(id));
  await deps.identities.markShared(config.id, ids, deps.clock());
  seeOther(ctx, screenUrl('EditTokenConfig', { ID: config.id, Notice: 'shared-marked' }));
}
