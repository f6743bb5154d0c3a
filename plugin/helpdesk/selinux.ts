import { readFileSync } from 'node:fs';
import type { SelinuxState } from '../domain/doctor/doctor-ports.js';
import { SELINUX, SELINUX_CONNECT } from './apache-layouts.js';

/** Permits a web server less: only to connect to ports of proxies. */
const SELINUX_RELAY = 'httpd_can_network_relay';

/**
 * Reads what the kernel says about SELinux; every user may.
 * @param read a file of the kernel
 */
export function selinuxState(
  read: (file: string) => string = (file) => readFileSync(file, 'utf8'),
): SelinuxState {
  const begins = (file: string, text: string): boolean => {
    try {
      return read(file).startsWith(text);
    } catch {
      return false;
    }
  };
  const isOn = (name: string) => begins(`/sys/fs/selinux/booleans/${name}`, '1');
  return {
    isEnforced: begins(SELINUX, '1'),
    mayConnect: isOn(SELINUX_CONNECT) || isOn(SELINUX_RELAY),
  };
}
