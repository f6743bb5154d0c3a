import { copyTokenConfig } from '../../usecases/copy-token-config.js';
import type { ScreenCall } from '../screen-call.js';
import { screenUrl } from '../screen-url.js';

/**
 * Copies a configuration without its tokens and redirects to the copy's form, because it usually needs
 * another name.
 */
export async function copyConfig({ deps, agent, parameters, redirect }: ScreenCall): Promise<void> {
  const copy = await copyTokenConfig(deps, { id: parameters.id('ID'), userId: agent.userId });
  redirect(screenUrl('EditTokenConfig', { ID: copy.id }));
}
