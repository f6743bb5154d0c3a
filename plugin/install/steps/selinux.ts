import { SidecarError } from '../../errors.js';
import { SELINUX, SELINUX_CONNECT } from '../../helpdesk/apache-layouts.js';
import type { Step } from '../action.js';
import { commandAction, type Machine } from '../machine.js';

/** The SELinux type of the ports on which a web server may listen. */
const PORTS = 'http_port_t';

export const hasSelinux = (machine: Machine): boolean => machine.exists(SELINUX);

/**
 * Permits what SELinux (Red Hat and its relatives) otherwise denies a web server: listening on the internal
 * listener's port, without which Apache would not start again, and connecting to the sidecar. Uninstalling
 * keeps the latter permission, because another site may need it by now.
 * @throws SidecarError config-invalid if the tool is missing
 */
export function selinuxStep(machine: Machine, listener: number, isUninstall: boolean): Step {
  if (!isUninstall && !machine.has('semanage'))
    throw new SidecarError('config-invalid', {
      detail:
        'SELinux is enabled, and the program "semanage", which permits the web server to listen at the internal listener, is missing. Nothing was changed. Install it: dnf install policycoreutils-python-utils',
    });
  /** @param more `-C`: only what was added on this machine */
  const isListed = async (...more: string[]): Promise<boolean> =>
    (await machine.output('semanage', 'port', '-l', ...more)).split('\n').some((line) => {
      const [type, protocol, ...ports] = line.trim().split(/[\s,]+/);
      return type === PORTS && protocol === 'tcp' && ports.includes(String(listener));
    });
  const port = (flag: '-a' | '-d') =>
    commandAction(machine, 'semanage', 'port', flag, '-t', PORTS, '-p', 'tcp', String(listener));
  const mayConnect = () => machine.read(`/sys/fs/selinux/booleans/${SELINUX_CONNECT}`)?.startsWith('1');
  return {
    title: 'SELinux',
    todo: async () => [
      ...((await isListed()) ? [] : [port('-a')]),
      ...(mayConnect() ? [] : [commandAction(machine, 'setsebool', '-P', SELINUX_CONNECT, '1')]),
    ],
    undo: async () => (machine.has('semanage') && (await isListed('-C')) ? [port('-d')] : []),
  };
}
