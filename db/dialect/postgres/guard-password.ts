import { statSync } from 'node:fs';
import { type Phrase, phrase } from '../../../plugin/lib/phrase.js';
import type { DatabaseAddress } from '../connection.js';
import { socketFolder } from './socket-folder.js';

/** A server asks for the password itself without having authenticated. Nothing was sent to it. */
export class UnprovenServer extends Error {
  override readonly name = 'UnprovenServer';
  readonly detail: Phrase = phrase(
    'The database server asks for the plain password and has not proved its identity. The password was not sent. Configure the server to use scram-sha-256 (pg_hba.conf), or write sslmode=verify-full into DatabaseDSN.',
  );
  constructor() {
    super('The database server asks for the password without having proved who it is');
  }
}

/**
 * May the server receive the password itself? While it is down, any local user can listen on its port and ask for it.
 * Only a server whose certificate is checked in full may, or one at a socket in a folder that not everybody can write
 * to. All others receive a proof (scram-sha-256, md5).
 */
export function mayReceivePassword(address: DatabaseAddress): boolean {
  const folder = socketFolder(address);
  const { tls = null } = address;
  if (folder === null) return tls !== null && !tls.isOptional && tls.checksCertificate && tls.checksName;
  try {
    return (statSync(folder).mode & 0o002) === 0;
  } catch {
    return false;
  }
}
