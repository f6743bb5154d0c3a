import { isClosedList, SCREEN_MODULE } from '../plugin/domain/helpdesk/closed-module.js';
import { SCREEN_RIGHTS, type Settings } from '../plugin/domain/helpdesk/settings.js';
import { readDumped } from '../plugin/lib/dumped.js';
import { isRecord } from '../plugin/lib/is-record.js';

/**
 * Finds the groups that the admin has set for the screens. The add-on closes the built-in module with two
 * settings that the helpdesk deploys after the module's registration. So the deployment still contains the
 * admin's groups, before those two settings. Groups that are not closed (no add-on, or Kernel/Config.pm sets
 * them) are used unchanged.
 * @param deployed Perl text of the newest deployment
 * @returns the registration; undefined if the helpdesk has none or the admin has disabled it
 */
function screenRegistration(settings: Settings, deployed: string | null): unknown {
  const module = settings.get(SCREEN_MODULE);
  if (!isRecord(module)) return module;
  const closed = (['Group', 'GroupRo'] as const).filter((name) => isClosedList(module[name]));
  if (closed.length === 0) return module;
  const own = deployedValue(deployed ?? '', SCREEN_MODULE);
  // Disabled by the admin: the add-on's two settings alone register nothing.
  if (!isRecord(own)) return undefined;
  return { ...module, ...Object.fromEntries(closed.map((name) => [name, own[name]])) };
}

/**
 * Adds SCREEN_RIGHTS to the settings.
 * @param deployed Perl text of the deployment that they come from
 */
export function withScreenRights(settings: Settings, deployed: string | null): Settings {
  let text = deployed;
  let known: { value: unknown } | undefined;
  const registration = () => {
    known ??= { value: screenRegistration(settings, text) };
    // Frees half a megabyte that is not needed again.
    text = null;
    return known.value;
  };
  return { ...settings, get: (name) => (name === SCREEN_RIGHTS ? registration() : settings.get(name)) };
}

/** Reads one setting of a deployment. A setting begins its line, where no value can contain this text. */
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
