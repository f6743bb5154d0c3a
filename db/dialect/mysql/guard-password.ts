import { type AuthPlugin, authPlugins, type Connection } from 'mysql2';

/** Accounts that a MariaDB has let in since this process began, without these plugins. */
const mariaDbs = new Set<string>();
const asked = new WeakSet<object>();

/** What mysql2 knows of a server, beside its types. */
interface Greeted {
  _handshakePacket?: { serverVersion?: string } | null;
}

/**
 * With MySQL's newer plugins a server may ask for the password itself: in clear over a socket, else encrypted by a key that
 * it sends along. While a server is down, any local user can listen at its port and ask so. A MariaDB uses other plugins, so
 * once one has let an account in, nobody is told its password at that address, until this process ends. Where the server proves
 * itself by a certificate there is no need.
 * @param accounts user and address of the server, under each name by which it may be reached
 */
export function guardPassword(accounts: readonly string[]) {
  const guarded =
    (plugin: AuthPlugin): AuthPlugin =>
    (context) => {
      asked.add(context.connection);
      // Not thrown: the driver would not catch it.
      if (accounts.some((account) => mariaDbs.has(account)))
        return () => Promise.reject<Buffer>(new Error('Not the MariaDB of before'));
      return plugin(context);
    };
  return {
    plugins: {
      caching_sha2_password: guarded(authPlugins.caching_sha2_password()),
      sha256_password: guarded(authPlugins.sha256_password()),
    },
    /** To be told of each connection that the server has let in. */
    noteServer(connection: object): void {
      const version = (connection as Connection & Greeted)._handshakePacket?.serverVersion ?? '';
      if (/mariadb/i.test(version) && !asked.has(connection))
        for (const account of accounts) mariaDbs.add(account);
    },
  };
}
