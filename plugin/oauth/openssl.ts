import { runProgram } from '../lib/run-program.js';
import { unusable } from './key-pair.js';

/** Node.js neither makes certificates nor gives out the key of a PFX; the program `openssl` does both. */
async function openssl(
  args: string[],
  { input, env = {} }: { input?: Uint8Array; env?: Record<string, string> } = {},
): Promise<string | null> {
  const { answer, code, stopped } = await runProgram({
    command: 'openssl',
    args,
    cwd: '/',
    env: { PATH: '/usr/local/bin:/usr/bin:/bin', LC_ALL: 'C', ...env },
    ...(input ? { input } : {}),
    answerFrom: 'stdout',
    limitMs: 30_000,
    maxBytes: 256 * 1024,
  });
  if (stopped === 'not-found') throw unusable('The program "openssl" is not installed on this machine.');
  return code === 0 ? answer : null;
}

/**
 * Makes an RSA key and a self-signed certificate. Both come through a pipe; no temporary file holds the key.
 * @returns both as PEM
 * @throws SidecarError certificate-unusable
 */
export async function selfSignedPair(days: number): Promise<string> {
  const what = ['req', '-x509', '-sha256', '-newkey', 'rsa:2048', '-nodes'];
  const text = await openssl([...what, '-days', String(days), '-subj', '/CN=znuny-oauth2', '-keyout', '-']);
  if (text === null) throw unusable('"openssl req" could not make a certificate.');
  return text;
}

/** Name of a variable, so that the password is in no argument that others can list. */
const PASSWORD = 'PFX_PASSWORD';

/**
 * Unpacks a PFX (PKCS #12). Files of old Windows versions need OpenSSL's old algorithms (-legacy).
 * @returns key and certificates as PEM
 * @throws SidecarError certificate-unusable
 */
export async function unpackPfx(content: Uint8Array, password: string): Promise<string> {
  for (const old of [[], ['-legacy']]) {
    const text = await openssl(['pkcs12', '-nodes', '-passin', `env:${PASSWORD}`, ...old], {
      input: content,
      env: { [PASSWORD]: password },
    });
    if (text !== null) return text;
  }
  throw unusable('The file is neither PEM nor a PFX that this password opens.');
}
