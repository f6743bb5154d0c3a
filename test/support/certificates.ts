import { execFileSync } from 'node:child_process';
import { writeFileSync } from 'node:fs';
import path from 'node:path';

export interface Certificates {
  /** Files, in PEM. */
  ca: string;
  wrongCa: string;
  server: { cert: string; key: string };
  client: { cert: string; key: string };
}

/**
 * A certificate authority with a certificate for a server and one for a client, and another authority that has signed
 * nothing.
 * @param folder where the files go
 * @param names the names in the server's certificate, such as `IP:127.0.0.1`
 */
export function makeCertificates(folder: string, names: string): Certificates {
  const openssl = (...args: string[]) => execFileSync('openssl', args, { cwd: folder, stdio: 'pipe' });
  const key = (name: string) =>
    openssl('genpkey', '-algorithm', 'RSA', '-pkeyopt', 'rsa_keygen_bits:2048', '-out', `${name}.key`);
  const authority = (name: string) => {
    key(name);
    openssl(
      'req',
      '-x509',
      '-new',
      '-key',
      `${name}.key`,
      '-days',
      '2',
      '-subj',
      `/CN=${name}`,
      '-out',
      `${name}.pem`,
    );
    return path.join(folder, `${name}.pem`);
  };
  const signed = (name: string, extension: string) => {
    key(name);
    writeFileSync(path.join(folder, `${name}.ext`), extension);
    openssl('req', '-new', '-key', `${name}.key`, '-subj', `/CN=${name}`, '-out', `${name}.csr`);
    openssl(
      ...['x509', '-req', '-in', `${name}.csr`, '-CA', 'ca.pem', '-CAkey', 'ca.key', '-CAcreateserial'],
      ...['-days', '2', '-extfile', `${name}.ext`, '-out', `${name}.pem`],
    );
    return { cert: path.join(folder, `${name}.pem`), key: path.join(folder, `${name}.key`) };
  };
  const [ca, wrongCa] = [authority('ca'), authority('wrong-ca')];
  return {
    ca,
    wrongCa,
    server: signed('server', `subjectAltName=${names}\n`),
    client: signed('client', 'extendedKeyUsage=clientAuth\n'),
  };
}
