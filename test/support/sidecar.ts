import { type SidecarStart, startSidecar } from '../lab/node-servers.js';
import { freePort } from '../lab/ports.js';
import { logFile, signalServer, stopServer } from '../lab/servers.js';
import { lab } from './instance.js';

let count = 0;

/** One more sidecar on the same helpdesk, on a port of its own. */
export async function extraSidecar(start: SidecarStart = {}) {
  const name = start.name ?? `sidecar-${process.pid}-${count++}`;
  const port = start.port ?? (await freePort());
  await startSidecar(lab, { ...start, name, port });
  return {
    port,
    log: logFile(lab, name),
    signal: (signal: NodeJS.Signals) => signalServer(lab, name, signal),
    stop: (signal: NodeJS.Signals = 'SIGTERM') => stopServer(lab, name, signal),
  };
}
