import { createPublicKey, type KeyObject, X509Certificate } from 'node:crypto';
import { statSync } from 'node:fs';
import path from 'node:path';
import { TLSSocket } from 'node:tls';
import { type AuthPlugin, authPlugins, type Connection } from 'mysql2';
import { type Phrase, phrase } from '../../../plugin/lib/phrase.js';
import { fingerprint } from '../../../plugin/lib/public-key.js';
import type { KnownServer } from '../connection.js';

/** A server asks for the password itself without having authenticated. Nothing was sent to it. */
export class UnprovenServer extends Error {
  override readonly name = 'UnprovenServer';
  /** @param detail what to do */
  constructor(readonly detail: Phrase) {
    super('The database server asks for the password without having proved who it is');
  }
}

const NOTHING_KNOWN = phrase(
  'The database server asks for the plain password, as MySQL does after a restart, and has not proved its identity. The password was not sent. Run "znuny-oauth2 install" while the server is running, which records its key in SIDECAR_DATABASE_SERVER, or use TLS with certificate verification (mysql_ssl in DatabaseDSN).',
);
const ANOTHER = phrase(
  'The database server asks for the plain password, and its key does not match SIDECAR_DATABASE_SERVER. The password was not sent. If the server was replaced, remove that line from the configuration file and run "znuny-oauth2 install".',
);

const FULL_AUTHENTICATION = Buffer.from([4]);

/**
 * MySQL's newer plugins ask for the password itself if the server does not have the account in its cache: in
 * clear text over TLS or a Unix socket, otherwise encrypted with a key that the server sends. While a server
 * is down, any local user can listen on its port and ask for the password. So only a server with a known key
 * receives it, or one at a socket in a folder that not everybody can write to. A server with the account in
 * its cache, and MariaDB, receive a proof that cannot be reused. None of this is needed for connections whose
 * certificate is checked in full.
 * @param socket the Unix socket of the connection, if any
 */
export function guardPassword(
  socket: string | null,
  known: KnownServer,
): Record<'caching_sha2_password' | 'sha256_password', AuthPlugin> {
  const refuse = () => Promise.reject<Buffer>(new UnprovenServer(known.length > 0 ? ANOTHER : NOTHING_KNOWN));
  const isKnown = (key: KeyObject): boolean => known.includes('any') || known.includes(fingerprint(key));
  /** May the password itself be sent on this connection? */
  const isProven = (connection: Connection): boolean => {
    if (socket !== null) return !known.includes('mariadb') && !isOpenToAll(path.dirname(socket));
    const key = certificateKey(connection);
    return key !== null && isKnown(key);
  };
  const showsKnownKey = (data: Buffer): boolean => {
    try {
      return isKnown(createPublicKey(data));
    } catch {
      return false;
    }
  };
  /** @param asks what the server asks for in its n-th message */
  const guarded =
    (
      plugin: AuthPlugin,
      asks: (data: Buffer, n: number, isEncrypted: boolean) => 'password' | 'key' | null,
    ): AuthPlugin =>
    (context) => {
      const answer = plugin(context);
      const { connection } = context;
      let n = 0;
      // Not thrown, because the driver would not catch it.
      return (data) => {
        const asked = asks(data, n++, tlsOf(connection) !== null);
        if (asked === 'password' && !isProven(connection)) return refuse();
        if (asked === 'key' && !showsKnownKey(data)) return refuse();
        return answer(data);
      };
    };
  return {
    caching_sha2_password: guarded(authPlugins.caching_sha2_password(), (data, n, isEncrypted) => {
      if (n === 0) return null;
      if (n > 1) return 'key';
      return data.equals(FULL_AUTHENTICATION) && (isEncrypted || socket !== null) ? 'password' : null;
    }),
    sha256_password: guarded(authPlugins.sha256_password(), (_data, n, isEncrypted) => {
      if (n > 0) return 'key';
      return isEncrypted ? 'password' : null;
    }),
  };
}

const tlsOf = (connection: Connection): TLSSocket | null => {
  const { stream } = connection as Connection & { stream?: unknown };
  return stream instanceof TLSSocket ? stream : null;
};

/** The public key of the server's certificate; null without TLS. */
export function certificateKey(connection: Connection): KeyObject | null {
  // In Node.js 20 getPeerX509Certificate() returns the certificate only once.
  const raw = tlsOf(connection)?.getPeerCertificate().raw;
  return raw ? new X509Certificate(raw).publicKey : null;
}

/** Could any local user create a socket there while the server is down? */
function isOpenToAll(folder: string): boolean {
  try {
    return (statSync(folder).mode & 0o002) !== 0;
  } catch {
    return true;
  }
}
