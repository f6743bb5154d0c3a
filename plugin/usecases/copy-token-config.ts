import type { TokenConfigStore } from '../domain/configuration/token-config-store.js';
import type { HelpdeskCaches } from '../domain/helpdesk/caches.js';
import type { OverviewStore } from '../domain/token/overview.js';
import { SidecarError } from '../errors.js';
import { phrase } from '../lib/phrase.js';

export interface CopyTokenConfigDeps {
  tokenConfigs: Pick<TokenConfigStore, 'byId' | 'byName' | 'insert'>;
  overview: Pick<OverviewStore, 'list'>;
  caches: HelpdeskCaches;
}

/** oauth2_token_config.name, in characters. */
const LONGEST_NAME = 250;
/** How many copies of one configuration are searched for a free name. */
const COPIES = 1000;

/**
 * Returns the first free name of `Support (copy)`, `Support (copy) 2` …; the helpdesk compares without case.
 */
async function freeName({ overview }: CopyTokenConfigDeps, name: string): Promise<string> {
  const shortened = [...name].slice(0, LONGEST_NAME - ' (copy) 1000'.length).join('');
  const first = `${shortened} (copy)`;
  const { rows } = await overview.list({ search: first, page: 1, pageSize: COPIES });
  const taken = new Set(rows.map(({ config }) => config.name.toLowerCase()));
  const candidates = [first, ...Array.from({ length: COPIES }, (_none, at) => `${first} ${at + 2}`)];
  return candidates.find((candidate) => !taken.has(candidate.toLowerCase())) ?? first;
}

/**
 * Copies a configuration with its client secret, under a new name. Does not copy the tokens: two
 * configurations with the same refresh token would invalidate it for each other (rotation, RFC 9700 §4.14.2).
 * @param name of the copy; without it `<name> (copy)`, numbered if that is taken
 * @returns the copy's ID and name
 * @throws SidecarError unknown-token-config; invalid-token-config (field Name: taken, empty); value-too-long
 */
export async function copyTokenConfig(
  deps: CopyTokenConfigDeps,
  { id, name, userId }: { id: number; name?: string | undefined; userId: number },
): Promise<{ id: number; name: string }> {
  const config = await deps.tokenConfigs.byId(id);
  if (!config) throw new SidecarError('unknown-token-config');
  const chosen = name === undefined ? await freeName(deps, config.name) : name.trim();
  const fault =
    chosen === ''
      ? phrase('This field is required.')
      : (await deps.tokenConfigs.byName(chosen))
        ? phrase('There is already a token configuration with this name.')
        : null;
  if (fault) throw new SidecarError('invalid-token-config', { fields: { Name: fault } });
  const copy = { name: chosen, document: structuredClone(config.document), validId: config.validId };
  const copyId = await deps.tokenConfigs.insert(copy, userId);
  await deps.caches.forgetTokenConfigs();
  return { id: copyId, name: chosen };
}
