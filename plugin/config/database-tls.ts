import { readdirSync } from 'node:fs';
import path from 'node:path';
import type { DatabaseTls } from '../domain/helpdesk/database-credentials.js';
import { SidecarError } from '../errors.js';
import { pem } from './pem.js';

/** Perl's rule for true and false. */
const isTrue = (value: string | undefined): boolean => value !== undefined && value !== '' && value !== '0';

/**
 * Reads the TLS options of DBD::mysql and DBD::MariaDB with their meaning: `mysql_ssl` requires encryption, a
 * CA enables verification of the server's certificate, `mysql_ssl_verify_server_cert` also checks its name.
 * `mysql_ssl_optional` does not permit an unencrypted connection: a DBD::mysql built against MariaDB's client
 * library (Debian) cannot enforce TLS and accepts `mysql_ssl` only together with it. Here the connection is
 * encrypted or there is none.
 * @throws SidecarError config-unreadable for a file that is not readable
 */
export function databaseTls(
  options: Record<string, string>,
  readFile: (file: string) => Buffer,
): DatabaseTls | null {
  const option = (name: string): string | undefined => options[`mysql_${name}`] ?? options[`mariadb_${name}`];
  if (!isTrue(option('ssl'))) return null;
  const text = (name: string): string | null => {
    const file = option(name);
    return file ? pem(file, `mysql_${name}`, readFile) : null;
  };
  const folder = option('ssl_ca_path');
  const authorities = [text('ssl_ca_file'), folder ? folderOf(folder, readFile) : null].filter(Boolean);
  const checksName = isTrue(option('ssl_verify_server_cert'));
  return {
    ca: authorities.join('\n') || null,
    cert: text('ssl_client_cert'),
    key: text('ssl_client_key'),
    ciphers: option('ssl_cipher') || null,
    checksCertificate: checksName || authorities.length > 0,
    checksName,
  };
}

/** All certificates in a folder (`mysql_ssl_ca_path`). */
function folderOf(folder: string, readFile: (file: string) => Buffer): string {
  try {
    return readdirSync(folder)
      .flatMap((name) => {
        try {
          const text = readFile(path.join(folder, name)).toString('utf8');
          return text.includes('-----BEGIN CERTIFICATE-----') ? [text] : [];
        } catch {
          return [];
        }
      })
      .join('\n');
  } catch (error) {
    const { code } = error as NodeJS.ErrnoException;
    throw unreadable(`mysql_ssl_ca_path of DatabaseDSN is ${folder}, which cannot be read (${code}).`);
  }
}

const unreadable = (detail: string): SidecarError =>
  new SidecarError('config-unreadable', { detail: `Kernel/Config.pm: ${detail}` });
