import { fstatSync } from 'node:fs';

/** The first file descriptor that systemd passes (sd_listen_fds(3)). */
const FIRST = 3;
/** FileDescriptorName= of our socket unit. */
const NAME = 'http';
const VARIABLES = ['LISTEN_PID', 'LISTEN_FDS', 'LISTEN_FDNAMES'];

const isSocket = (fd: number): boolean => {
  try {
    return fstatSync(fd).isSocket();
  } catch {
    return false;
  }
};

/**
 * Returns the file descriptors of the listening sockets that systemd opened for this process. If some are
 * named `http`, returns only those.
 * @param env its LISTEN_… variables are deleted, so that a program started by this process does not use them
 */
export function inheritedSockets(
  env: Record<string, string | undefined>,
  pid = process.pid,
  check: (fd: number) => boolean = isSocket,
): number[] {
  const [owner, count, names] = VARIABLES.map((name) => env[name]);
  for (const name of VARIABLES) delete env[name];
  if (owner !== String(pid) || !/^\d{1,4}$/.test(count ?? '')) return [];
  const named = (names ?? '').split(':');
  const passed = Array.from({ length: Number(count) }, (_, index) => ({
    fd: FIRST + index,
    name: named[index] ?? '',
  })).filter(({ fd }) => check(fd));
  const ours = passed.filter(({ name }) => name === NAME);
  return (ours.length > 0 ? ours : passed).map(({ fd }) => fd);
}
