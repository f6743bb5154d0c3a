import type { Step } from '../action.js';
import { commandAction, finished, type Machine, removeAction, writeAction } from '../machine.js';
import type { Names } from '../site.js';
import { systemdUnit, unitDropIn } from '../systemd-unit.js';

/** Where the Debian package puts its units. */
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
  /** The command, with a path. */
  program: string;
}

/** The unit, unless the Debian package has brought it, what this helpdesk needs in it, and its start. */
export function serviceStep(machine: Machine, { names, home, group, program }: ServiceOptions): Step {
  const isTemplate = names.unit.includes('@');
  const unit = isTemplate ? 'znuny-oauth2@.service' : names.unit;
  const dropIns = `${OWN}/${names.unit}.d`;
  const link = `${OWN}/multi-user.target.wants/${names.unit}`;
  const reload = commandAction(machine, 'systemctl', 'daemon-reload');
  return {
    title: 'Service',
    async todo() {
      const files = [
        ...(isPackaged(machine)
          ? []
          : writeAction(machine, `${OWN}/${unit}`, systemdUnit({ program, isTemplate }), { mode: 0o644 })),
        ...writeAction(machine, `${dropIns}/helpdesk.conf`, unitDropIn({ home, group }), { mode: 0o644 }),
      ];
      const enable = machine.exists(link) ? [] : [commandAction(machine, 'systemctl', 'enable', names.unit)];
      return finished(
        machine,
        names.unit,
        [...files, ...(files.length > 0 ? [reload] : []), ...enable],
        [commandAction(machine, 'systemctl', 'restart', names.unit)],
      );
    },
    async undo() {
      const stop = machine.exists(link)
        ? [commandAction(machine, 'systemctl', 'disable', '--now', names.unit)]
        : [];
      const files = [
        ...removeAction(machine, dropIns),
        ...(isPackaged(machine) ? [] : removeAction(machine, `${OWN}/${unit}`)),
      ];
      return [
        ...finished(machine, names.unit, [...stop, ...files], [reload]),
        ...removeAction(machine, names.stateFolder),
      ];
    },
  };
}
