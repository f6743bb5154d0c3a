import { NO_USAGE, ownAccounts } from '../../domain/mailbox/usage.js';
import { SidecarError } from '../../errors.js';
import { addMissingEntries } from '../../usecases/add-missing-entries.js';
import type { ScreenCall } from '../screen-call.js';
import { screenUrl } from '../screen-url.js';

/** "Add what is missing": adds what the current template has and the configuration lacks. */
export async function addMissingParts({ deps, agent, parameters, redirect }: ScreenCall): Promise<void> {
  const id = parameters.id('ID');
  const { needsConsent } = await addMissingEntries(deps, { id, userId: agent.userId });
  redirect(
    screenUrl('EditTokenConfig', {
      ID: id,
      Notice: needsConsent ? 'entries-added-consent' : 'entries-added',
    }),
  );
}

/** Marks the mail accounts of a configuration that are shared mailboxes. */
export async function markSharedMailboxes({ deps, parameters, redirect }: ScreenCall): Promise<void> {
  const config = await deps.tokenConfigs.byId(parameters.id('ID'));
  if (!config) throw new SidecarError('unknown-token-config');
  const usage = (await deps.usages.of([config])).get(config.id) ?? NO_USAGE;
  const marked = parameters.every('Shared').map(Number);
  const ids = ownAccounts(usage)
    .map(({ id }) => id)
    .filter((id) => marked.includes(id));
  await deps.identities.markShared(config.id, ids, deps.clock());
  redirect(screenUrl('EditTokenConfig', { ID: config.id, Notice: 'shared-marked' }));
}
