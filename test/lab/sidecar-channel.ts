import { mkdirSync } from 'node:fs';
import path from 'node:path';
import { type Instance, socketFile } from './instance.js';
import { giveToLabUser, readsCheckout } from './lab-user.js';

/** How web servers and sidecars of the lab prove their identity to each other. */
export const LAB_SECRET = 'what-web-server-and-sidecar-of-the-lab-share';

/**
 * How a web server of the lab reaches a sidecar: as a new installation does, by a port and a secret, or as version 0.1
 * did. Health and metrics are on the port in every case.
 */
export type LabChannel = 'socket' | 'tcp' | '0.1';

/** The headers that a web server on this machine sends to a sidecar of the channel `tcp`, for its own browser. */
export const WEB_SERVER = { 'X-OAuth2-Sidecar-Client': '127.0.0.1', 'X-OAuth2-Sidecar-Secret': LAB_SECRET };

/** The Unix socket of the sidecar whose health is at this port. */
export const sidecarSocket = (of: Instance, port: number): string =>
  path.join(`${socketFile(of, 'sidecars').replace(/\.sock$/, '')}`, `${port}.sock`);

/** For a sidecar's environment, and for commands that talk to it. */
export const channelEnv = (of: Instance, port: number, channel: LabChannel = 'socket') => ({
  SIDECAR_PORT: String(port),
  SIDECAR_SOCKET: channel === 'socket' ? sidecarSocket(of, port) : '',
  SIDECAR_SECRET: channel === '0.1' ? '' : LAB_SECRET,
});

/** The folder of the sockets, owned by the user who runs the sidecars; nobody else may write to it. */
export function makeSocketFolder(of: Instance): void {
  const folder = path.dirname(sidecarSocket(of, 0));
  mkdirSync(folder, { recursive: true, mode: 0o755 });
  if (readsCheckout()) giveToLabUser(folder);
}

/** How the rules of a web server lead to a sidecar of the lab. */
export const channelRules = (of: Instance, port: number, channel: Exclude<LabChannel, '0.1'> = 'socket') => ({
  target: channel === 'socket' ? { socket: sidecarSocket(of, port) } : { port },
  secret: LAB_SECRET,
});
