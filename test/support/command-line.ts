import { spawn } from 'node:child_process';
import { ROOT } from '../lab/instance.js';
import { readsCheckout } from '../lab/lab-user.js';
import { znunyOauth2Words } from '../lab/program.js';
import { channelEnv } from '../lab/sidecar-channel.js';
import { sidecarUserEnv } from '../lab/sidecar-user.js';
import { lab } from './instance.js';

/** A checkout that only root may enter cannot be read after root has been left. */
export const staysRoot = (): Record<string, string> =>
  readsCheckout() ? {} : { SIDECAR_UNSAFE_STAYS_ROOT: '1' };

/**
 * Runs `znuny-oauth2` as a separate process on the lab's helpdesk, as the configuration file of an installation does:
 * with the database user of the fewest rights.
 * @param input goes to standard input
 * @param env more of its environment
 */
export function znunyOauth2(
  args: string[],
  input = '',
  env: Record<string, string> = {},
): Promise<{ code: number | null; out: string; err: string }> {
  return new Promise((resolve, reject) => {
    const child = spawn(process.execPath, znunyOauth2Words(...args), {
      cwd: ROOT,
      env: {
        ...process.env,
        HELPDESK_HOME: lab.home,
        SIDECAR_STATE: `${lab.dir}/state/cli`,
        ...channelEnv(lab, lab.ports.sidecar),
        ...sidecarUserEnv,
        ...staysRoot(),
        TZ: 'UTC',
        ...env,
      },
    });
    let out = '';
    let err = '';
    child.stdout.on('data', (chunk) => (out += chunk));
    child.stderr.on('data', (chunk) => (err += chunk));
    child.stdin.on('error', () => undefined);
    child.stdin.end(input);
    child.on('error', reject);
    child.on('close', (code) => resolve({ code, out, err }));
  });
}
