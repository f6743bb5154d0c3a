import { COMMON } from '../product/records.js';
import type { Settings } from './settings.js';

/** The helpdesk's registration of its built-in OAuth2 screens. */
export const BUILT_IN_MODULE = `Frontend::Module###${COMMON.screens.action}`;
/**
 * A group that no agent has; the add-on sets it in place of the registration's groups
 * (sysconfig/definitions).
 */
export const CLOSED_GROUP = 'oauth2-sidecar-nobody';

/** Is this value of `Group` or `GroupRo` the add-on's? */
export const isClosedList = (value: unknown): boolean =>
  Array.isArray(value) && value.length === 1 && value[0] === CLOSED_GROUP;

/**
 * Returns the groups that the helpdesk admits to its built-in screens.
 * @returns names; `*` if it admits everybody; empty if the add-on has closed the screens or nothing is
 *   registered
 */
export function groupsOfBuiltIn(settings: Settings): string[] {
  const module = settings.get(BUILT_IN_MODULE);
  if (typeof module !== 'object' || module === null) return [];
  const { Group, GroupRo } = module as { Group?: unknown; GroupRo?: unknown };
  if ([Group, GroupRo].every((list) => Array.isArray(list) && list.length === 0)) return ['*'];
  const names = [Group, GroupRo]
    .flat()
    .filter((name): name is string => typeof name === 'string' && name !== '' && name !== CLOSED_GROUP);
  return [...new Set(names)];
}
