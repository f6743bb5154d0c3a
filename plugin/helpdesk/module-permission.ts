import { SCREEN_RIGHTS, type Settings } from '../domain/helpdesk/settings.js';

/** One right of an agent in a group, such as { name: 'admin', permission: 'rw' }. */
export interface GroupRight {
  name: string;
  permission: string;
}

const namesOf = (value: unknown): string[] =>
  (Array.isArray(value) ? value : [value]).filter(
    (name): name is string => typeof name === 'string' && name !== '',
  );

const isEmptyList = (value: unknown) => Array.isArray(value) && value.length === 0;

/**
 * Reads an agent's right for the screens from `Frontend::Module###AdminOAuth2TokenManagement` as the admin
 * has set it. Group requires rw, GroupRo requires ro (which rw includes). Two empty lists admit everybody; a
 * disabled module admits nobody.
 */
export function modulePermission(settings: Settings, rights: GroupRight[]): 'rw' | 'ro' | 'none' {
  const module = settings.get(SCREEN_RIGHTS);
  if (typeof module !== 'object' || module === null) return 'none';
  const { Group, GroupRo } = module as { Group?: unknown; GroupRo?: unknown };
  if (isEmptyList(Group) && isEmptyList(GroupRo)) return 'rw';
  const has = (groups: string[], permissions: string[]) =>
    rights.some(({ name, permission }) => groups.includes(name) && permissions.includes(permission));
  if (has(namesOf(Group), ['rw'])) return 'rw';
  return has(namesOf(GroupRo), ['ro', 'rw']) ? 'ro' : 'none';
}
