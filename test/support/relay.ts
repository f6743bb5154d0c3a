import { readFileSync } from 'node:fs';
import path from 'node:path';
import type { SidecarStart } from '../lab/node-servers.js';
import { freePort } from '../lab/ports.js';
import { znunyOauth2 } from './command-line.js';
import { lab } from './instance.js';
import { extraSidecar } from './sidecar.js';

/** A sidecar with a relay on ports of its own; it trusts the certificate of the lab's mail server. */
export async function relaySidecar(env: Record<string, string> = {}, start: SidecarStart = {}) {
  const ports = { imap: await freePort(), pop3: await freePort(), smtp: await freePort() };
  const name = `sidecar-relay-${ports.imap}`;
  const sidecar = await extraSidecar({
    name,
    ...start,
    env: {
      SIDECAR_RELAY: Object.entries(ports)
        .map(([scheme, port]) => `${scheme}://127.0.0.1:${port}`)
        .join(' '),
      NODE_EXTRA_CA_CERTS: path.join(lab.dir, 'dovecot/cert.pem'),
      ...env,
    },
  });
  const pid = (): number =>
    (JSON.parse(readFileSync(path.join(lab.dir, `run/${name}.json`), 'utf8')) as { pid: number }).pid;
  return { ...sidecar, ports, pid };
}

/** A relay password, made by the command line. Its servers are the lab's. */
export async function relayPassword(
  configId: number,
  login: string,
  { smtp, client = 'Test', imap }: { smtp?: number; client?: string; imap?: string } = {},
): Promise<{ id: number; password: string }> {
  const { out, code, err } = await znunyOauth2([
    ...['relay', 'add', String(configId), '--login', login, '--client', client, '--json'],
    ...[
      '--imap',
      imap ?? `IMAPS:127.0.0.1:${lab.ports.imaps}`,
      '--pop3',
      `POP3TLS:127.0.0.1:${lab.ports.pop3}`,
    ],
    ...(smtp === undefined ? [] : ['--smtp', `SMTPTLS:127.0.0.1:${smtp}`]),
  ]);
  if (code !== 0) throw new Error(err);
  return JSON.parse(out);
}
