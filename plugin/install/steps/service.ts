import { RELAY_SCHEMES, type RelayPlace } from '../../domain/relay/relay-listener.js';
import type { Step } from '../action.js';
import { commandAction, finished, type Machine, removeAction, writeAction } from '../machine.js';
import type { Names } from '../site.js';
import { relaySocketUnit, socketDropIn, socketUnit, systemdUnit, unitDropIn } from '../systemd-unit.js';

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
  /** Where the relay listens: the places of SIDECAR_RELAY. */
  relayPlaces: readonly RelayPlace[];
}

/** One unit file. */
interface Unit {
  name: string;
  file: string;
  text: string;
  /** null: all of it is in the file. */
  dropIn: string | null;
  link: string;
}

const SOCKETS_WANTED = `${OWN}/sockets.target.wants`;

/** The socket units of the relay, one for each scheme; no package brings them, because they hold the places. */
function relayUnits(names: Names, places: readonly RelayPlace[]): { wanted: Unit[]; unwanted: Unit[] } {
  const units = RELAY_SCHEMES.map((scheme) => {
    const own = places.filter((place) => place.scheme === scheme);
    const name = names.relaySocketUnit(scheme);
    const text = own.length > 0 ? relaySocketUnit(scheme, own, names) : '';
    return { name, file: `${OWN}/${name}`, text, dropIn: null, link: `${SOCKETS_WANTED}/${name}` };
  });
  return {
    wanted: units.filter(({ text }) => text !== ''),
    unwanted: units.filter(({ text }) => text === ''),
  };
}

/**
 * Installs the units, unless the Debian package brings them, and the drop-ins for this helpdesk, and starts
 * them.
 */
export function serviceStep(
  machine: Machine,
  { names, home, group, program, reachedBy, relayPlaces }: ServiceOptions,
): Step {
  const isTemplate = names.unit.includes('@');
  const base = isTemplate ? 'znuny-oauth2@' : 'znuny-oauth2';
  const relay = relayUnits(names, relayPlaces);
  const socket: Unit = {
    name: names.socketUnit,
    file: `${OWN}/${base}.socket`,
    text: socketUnit({ isTemplate }),
    dropIn: socketDropIn(names.unit, reachedBy),
    link: `${SOCKETS_WANTED}/${names.socketUnit}`,
  };
  const service: Unit = {
    name: names.unit,
    file: `${OWN}/${base}.service`,
    text: systemdUnit({ program, isTemplate }),
    dropIn: unitDropIn({ home, group, socketUnit: names.socketUnit }),
    link: `${OWN}/multi-user.target.wants/${names.unit}`,
  };
  // Sockets first: systemd passes them to a service that it starts.
  const units = [socket, ...relay.wanted, service];
  const reload = commandAction(machine, 'systemctl', 'daemon-reload');
  const isOurFile = ({ dropIn }: Unit) => dropIn === null || !isPackaged(machine);
  const disable = (given: readonly Unit[]) =>
    given
      .filter(({ link }) => machine.exists(link))
      .map(({ name }) => commandAction(machine, 'systemctl', 'disable', '--now', name));
  const removeFiles = (given: readonly Unit[]) =>
    given.flatMap((unit) => [
      ...removeAction(machine, `${OWN}/${unit.name}.d`),
      ...(isOurFile(unit) ? removeAction(machine, unit.file) : []),
    ]);
  return {
    title: 'Service',
    async todo() {
      const unwanted = [...disable(relay.unwanted), ...removeFiles(relay.unwanted)];
      const files = units.flatMap((unit) => [
        ...(isOurFile(unit) ? writeAction(machine, unit.file, unit.text, { mode: 0o644 }) : []),
        ...(unit.dropIn === null
          ? []
          : writeAction(machine, `${OWN}/${unit.name}.d/helpdesk.conf`, unit.dropIn, { mode: 0o644 })),
      ]);
      const enable = units
        .filter(({ link }) => !machine.exists(link))
        .map(({ name }) => commandAction(machine, 'systemctl', 'enable', name));
      return finished(
        machine,
        names.unit,
        [...unwanted, ...files, ...(unwanted.length + files.length > 0 ? [reload] : []), ...enable],
        // Not `restart`: systemd creates no socket for a service that already runs.
        ['stop', 'start'].map((verb) =>
          commandAction(machine, 'systemctl', verb, ...units.map(({ name }) => name)),
        ),
      );
    },
    async undo() {
      const all = [socket, ...relay.wanted, ...relay.unwanted, service];
      return [
        ...finished(machine, names.unit, [...disable(all), ...removeFiles(all)], [reload]),
        ...removeAction(machine, names.stateFolder),
      ];
    },
  };
}
