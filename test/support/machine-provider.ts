import { mkdtempSync, readFileSync, rmSync } from 'node:fs';
import os from 'node:os';
import path from 'node:path';
import type { BootedMachine } from './booted-machine.js';
import { makeCertificates } from './certificates.js';

/** Of Microsoft and Google: what templates and commands ask for. */
const NAMES = ['login.microsoftonline.com', 'oauth2.googleapis.com'];
const CA = '/etc/ssl/provider-ca.pem';

const PROGRAM = `
import { randomUUID } from 'node:crypto';
import { readFileSync } from 'node:fs';
import { createServer } from 'node:https';
const pem = readFileSync('/root/provider.pem');
createServer({ key: pem, cert: pem }, (request, response) => {
  const token = { access_token: randomUUID(), refresh_token: randomUUID(), token_type: 'Bearer', expires_in: 3600 };
  const endpoints = { issuer: 'https://login.microsoftonline.com/{tenantid}/v2.0' };
  response.setHeader('Content-Type', 'application/json');
  response.end(JSON.stringify(request.method === 'POST' ? token : endpoints));
}).listen(443, '127.0.0.1');
`;

/**
 * A provider on a booted machine that answers under the names of Microsoft and Google, with a certificate of an authority
 * of its own, and gives a token to whoever asks. The sidecar's service and configuration file must exist.
 * @returns the environment in which a command trusts it
 */
export async function putProvider(machine: BootedMachine): Promise<Record<string, string>> {
  const folder = mkdtempSync(path.join(os.tmpdir(), 'provider-'));
  try {
    const { ca, server } = makeCertificates(folder, NAMES.map((name) => `DNS:${name}`).join());
    machine.write(CA, readFileSync(ca, 'utf8'));
    machine.write('/root/provider.pem', readFileSync(server.key, 'utf8') + readFileSync(server.cert, 'utf8'));
  } finally {
    rmSync(folder, { recursive: true, force: true });
  }
  machine.write('/root/provider.mjs', PROGRAM);
  machine.write(
    '/etc/systemd/system/znuny-oauth2.service.d/provider.conf',
    `[Service]\nEnvironment=NODE_EXTRA_CA_CERTS=${CA}\n`,
  );
  await machine.sh(
    `echo 127.0.0.1 ${NAMES.join(' ')} >> /etc/hosts
     echo SIDECAR_ALLOW_ADDRESSES=127.0.0.0/8 >> /etc/znuny-oauth2/sidecar.conf
     systemd-run --quiet --unit=provider node /root/provider.mjs
     systemctl daemon-reload; systemctl restart znuny-oauth2`,
  );
  return { NODE_EXTRA_CA_CERTS: CA };
}
