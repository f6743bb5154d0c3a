import path from 'node:path';
import type { Step } from '../action.js';
import { commandAction, type Machine, removeAction, writeAction } from '../machine.js';
import { type Names, SERVICE_USER } from '../site.js';

/** Creates the system user. The Debian package brings its own, which stays until the package is purged. */
export function serviceUserStep(machine: Machine, isPackaged: boolean, isLast: () => boolean): Step {
  return {
    title: 'System user',
    todo: async () =>
      machine.hasUser(SERVICE_USER)
        ? []
        : [
            commandAction(
              machine,
              'useradd',
              ...['--system', '--user-group', '--no-create-home', '--home-dir', '/var/lib/znuny-oauth2'],
              ...['--shell', '/usr/sbin/nologin', SERVICE_USER],
            ),
          ],
    undo: async () =>
      machine.hasUser(SERVICE_USER) && !isPackaged && isLast()
        ? [commandAction(machine, 'userdel', SERVICE_USER)]
        : [],
  };
}

/**
 * Writes the lines of the configuration file and keeps what an admin has added. The folder is removed with
 * its last file, unless it belongs to the Debian package.
 */
export function configurationStep(
  machine: Machine,
  { names, isPackaged, isLast }: { names: Names; isPackaged: boolean; isLast: () => boolean },
  values: () => Record<string, string>,
): Step {
  const merged = (): string => {
    const head = `# The OAuth2 sidecar: see docs/operations.md. Restart it after a change: systemctl restart ${names.unit}\n`;
    let text = machine.read(names.configFile) ?? head;
    for (const [name, value] of Object.entries(values())) {
      const line = new RegExp(`^\\s*${name}\\s*=.*$`, 'm');
      text = line.test(text) ? text.replace(line, () => `${name}=${value}`) : `${text}${name}=${value}\n`;
    }
    return text;
  };
  return {
    title: 'Configuration',
    todo: async () => writeAction(machine, names.configFile, merged(), { mode: 0o640, group: SERVICE_USER }),
    undo: async () =>
      removeAction(machine, isLast() && !isPackaged ? path.dirname(names.configFile) : names.configFile),
  };
}
