import { BUILT_IN_MODULE, isClosedList } from '../plugin/domain/helpdesk/closed-module.js';
import { SCREEN_RIGHTS, type Settings } from '../plugin/domain/helpdesk/settings.js';
import { readDumped } from '../plugin/lib/dumped.js';

const isHash = (value: unknown): value is Record<string, unknown> =>
  typeof value === 'object' && value !== null && !Array.isArray(value);

/**
 * The groups of the screens as the admin has set them. The add-on closes the built-in module by two settings that the
 * helpdesk deploys after the registration, so the admin's groups still stand in the deployment, before those two. Groups
 * that are not closed (no add-on, or Kernel/Config.pm sets them) count as they are.
 * @param deployed Perl text of the newest deployment
 * @returns the registration; undefined where the helpdesk has none, or switched it off
 */
function screenRegistration(settings: Settings, deployed: string | null): unknown {
  const module = settings.get(BUILT_IN_MODULE);
  if (!isHash(module)) return module;
  const closed = (['Group', 'GroupRo'] as const).filter((name) => isClosedList(module[name]));
  if (closed.length === 0) return module;
  const own = deployedValue(deployed ?? '', BUILT_IN_MODULE);
  // Switched off by the admin: the two settings of the add-on alone register nothing.
  if (!isHash(own)) return undefined;
  return { ...module, ...Object.fromEntries(closed.map((name) => [name, own[name]])) };
}

/** The same settings, with an answer to SCREEN_RIGHTS. @param deployed Perl text of the deployment that they come from */
export function withScreenRights(settings: Settings, deployed: string | null): Settings {
  let text = deployed;
  let known: { value: unknown } | undefined;
  const registration = () => {
    known ??= { value: screenRegistration(settings, text) };
    // Half a megabyte that nobody asks for again.
    text = null;
    return known.value;
  };
  return { ...settings, get: (name) => (name === SCREEN_RIGHTS ? registration() : settings.get(name)) };
}

/** One setting as a deployment writes it: at the beginning of a line, where no value can have such a text. */
function deployedValue(deployed: string, name: string): unknown {
  const head = `\n$Self->{'${name.split('###').join("'}->{'")}'} = `;
  const start = deployed.indexOf(head);
  if (start < 0) return undefined;
  try {
    return readDumped(deployed, start + head.length).value;
  } catch {
    return undefined;
  }
}
