import type { Step } from '../action.js';
import { commandAction, finished, type Machine, removeAction, writeAction } from '../machine.js';
import type { Names } from '../site.js';
import { socketDropIn, socketUnit, systemdUnit, unitDropIn } from '../systemd-unit.js';

/** The folder of the Debian package's units. */
const PACKAGED = '/lib/systemd/system';
const OWN = '/etc/systemd/system';

export const isPackaged = (machine: Machine): boolean =>
  machine.exists(`${PACKAGED}/znuny-oauth2.service`) ||
  machine.exists(`/usr${PACKAGED}/znuny-oauth2.service`);

export interface ServiceOptions {
  names: Names;
  home: string;
  /** The group that may write the helpdesk's cache. */
  group: string;
  /** The path of the command. */
  program: string;
  /** Who reaches the screens, see socketDropIn(). */
  reachedBy: { user: string } | { port: number };
}

/**
 * Installs the units, unless the Debian package brings them, and the drop-ins for this helpdesk, and starts
 * them.
 */
export function serviceStep(
  machine: Machine,
  { names, home, group, program, reachedBy }: ServiceOptions,
): Step {
  const isTemplate = names.unit.includes('@');
  const base = isTemplate ? 'znuny-oauth2@' : 'znuny-oauth2';
  const units = [
    {
      name: names.socketUnit,
      file: `${OWN}/${base}.socket`,
      text: socketUnit({ isTemplate }),
      dropIn: socketDropIn(names.unit, reachedBy),
      link: `${OWN}/sockets.target.wants/${names.socketUnit}`,
    },
    {
      name: names.unit,
      file: `${OWN}/${base}.service`,
      text: systemdUnit({ program, isTemplate }),
      dropIn: unitDropIn({ home, group, socketUnit: names.socketUnit }),
      link: `${OWN}/multi-user.target.wants/${names.unit}`,
    },
  ];
  const reload = commandAction(machine, 'systemctl', 'daemon-reload');
  return {
    title: 'Service',
    async todo() {
      const files = units.flatMap(({ name, file, text, dropIn }) => [
        ...(isPackaged(machine) ? [] : writeAction(machine, file, text, { mode: 0o644 })),
        ...writeAction(machine, `${OWN}/${name}.d/helpdesk.conf`, dropIn, { mode: 0o644 }),
      ]);
      const enable = units
        .filter(({ link }) => !machine.exists(link))
        .map(({ name }) => commandAction(machine, 'systemctl', 'enable', name));
      return finished(
        machine,
        names.unit,
        [...files, ...(files.length > 0 ? [reload] : []), ...enable],
        // Not `restart`: systemd creates no socket for a service that already runs.
        ['stop', 'start'].map((verb) =>
          commandAction(machine, 'systemctl', verb, names.socketUnit, names.unit),
        ),
      );
    },
    async undo() {
      const stop = units
        .filter(({ link }) => machine.exists(link))
        .map(({ name }) => commandAction(machine, 'systemctl', 'disable', '--now', name));
      const files = units.flatMap(({ name, file }) => [
        ...removeAction(machine, `${OWN}/${name}.d`),
        ...(isPackaged(machine) ? [] : removeAction(machine, file)),
      ]);
      return [
        ...finished(machine, names.unit, [...stop, ...files], [reload]),
        ...removeAction(machine, names.stateFolder),
      ];
    },
  };
}
