import { fstatSync } from 'node:fs';
import { RELAY_SCHEMES } from '../domain/relay/relay-listener.js';

/** The first file descriptor that systemd passes (sd_listen_fds(3)). */
const FIRST = 3;
/** FileDescriptorName= of our socket unit. */
const NAME = 'http';
/** FileDescriptorName= of the socket units of the relay: the schemes of SIDECAR_RELAY. */
const RELAY_NAMES: readonly string[] = RELAY_SCHEMES;
const VARIABLES = ['LISTEN_PID', 'LISTEN_FDS', 'LISTEN_FDNAMES'];

const isSocket = (fd: number): boolean => {
  try {
    return fstatSync(fd).isSocket();
  } catch {
    return false;
  }
};

export interface InheritedSockets {
  /** For the screens: those named `http`, or all that do not belong to the relay if none has this name. */
  http: number[];
  /** For the relay: scheme -> file descriptors. */
  relay: Map<string, number[]>;
}

/**
 * Returns the file descriptors of the listening sockets that systemd opened for this process.
 * @param env its LISTEN_… variables are deleted, so that a program started by this process does not use them
 */
export function inheritedSockets(
  env: Record<string, string | undefined>,
  pid = process.pid,
  check: (fd: number) => boolean = isSocket,
): InheritedSockets {
  const relay = new Map<string, number[]>();
  const [owner, count, names] = VARIABLES.map((name) => env[name]);
  for (const name of VARIABLES) delete env[name];
  if (owner !== String(pid) || !/^\d{1,4}$/.test(count ?? '')) return { http: [], relay };
  const named = (names ?? '').split(':');
  const passed = Array.from({ length: Number(count) }, (_, index) => ({
    fd: FIRST + index,
    name: named[index] ?? '',
  })).filter(({ fd }) => check(fd));
  for (const { fd, name } of passed)
    if (RELAY_NAMES.includes(name)) relay.set(name, [...(relay.get(name) ?? []), fd]);
  const ours = passed.filter(({ name }) => name === NAME);
  const others = passed.filter(({ name }) => !RELAY_NAMES.includes(name));
  return { http: (ours.length > 0 ? ours : others).map(({ fd }) => fd), relay };
}
