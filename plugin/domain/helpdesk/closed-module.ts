import { BUILT_IN_ACTIONS, COMMON } from '../product/records.js';
import type { Settings } from './settings.js';

const registrationOf = (action: string): string => `Frontend::Module###${action}`;

/** The registration with the groups of the sidecar's screens, and of the built-in ones where they have the same name. */
export const SCREEN_MODULE = registrationOf(COMMON.screens.action);
/**
 * A group that no agent has; the add-on sets it in place of the registration's groups
 * (sysconfig/definitions).
 */
export const CLOSED_GROUP = 'oauth2-sidecar-nobody';

/** Is this value of `Group` or `GroupRo` the add-on's? */
export const isClosedList = (value: unknown): boolean =>
  Array.isArray(value) && value.length === 1 && value[0] === CLOSED_GROUP;

/**
 * Finds built-in screens to which the helpdesk admits anybody, whatever they are called.
 * @returns their registration, and the groups; `*` if everybody is admitted. null: the add-on has closed all that are
 *   registered
 */
export function openBuiltIn(settings: Settings): { module: string; groups: string[] } | null {
  for (const module of BUILT_IN_ACTIONS.map(registrationOf)) {
    const groups = [...new Set(groupsOf(settings.get(module)))];
    if (groups.length > 0) return { module, groups };
  }
  return null;
}

function groupsOf(module: unknown): string[] {
  if (typeof module !== 'object' || module === null) return [];
  const { Group, GroupRo } = module as { Group?: unknown; GroupRo?: unknown };
  if ([Group, GroupRo].every((list) => Array.isArray(list) && list.length === 0)) return ['*'];
  return [Group, GroupRo]
    .flat()
    .filter((name): name is string => typeof name === 'string' && name !== '' && name !== CLOSED_GROUP);
}
