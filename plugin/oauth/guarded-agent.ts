import { lookup as resolve } from 'node:dns';
import type { Agent } from 'node:http';
import { isIP, type LookupFunction } from 'node:net';
import type { Duplex } from 'node:stream';
import type { AddressRules } from '../lib/safe-address.js';

/**
 * The address of a request is loopback, link-local or otherwise special, and the configuration does not allow
 * it.
 */
export class AddressRefused extends Error {
  override readonly name = 'AddressRefused';
  readonly code = 'EADDRESSREFUSED';
  constructor() {
    super('The address is not allowed');
  }
}

/**
 * Checks exactly the addresses that the connection uses, so that a name cannot resolve to one address for the
 * check and to another for the connection.
 */
const guardedLookup =
  (addresses: AddressRules, onRefused: () => void): LookupFunction =>
  (hostname, options, done) => {
    resolve(hostname, { ...options, all: true }, (error, found) => {
      if (error) return done(error, '', 0);
      const [first] = found;
      if (!first || !found.every(({ address }) => addresses.mayReach(address))) {
        onRefused();
        return done(new AddressRefused(), '', 0);
      }
      if (options.all) return done(null, found as never, 0);
      return done(null, first.address, first.family);
    });
  };

type Connect = (options: { host?: string }, done: (error: Error | null, socket?: Duplex) => void) => unknown;

/**
 * Restricts the agent to allowed addresses. This also covers DNS rebinding, numbers that the system's
 * resolver reads as addresses, and redirected names.
 */
export function guarded<T extends Agent>(agent: T, addresses: AddressRules, onRefused: () => void): T {
  const { createConnection } = agent as unknown as { createConnection: Connect };
  const connect: Connect = function (this: unknown, options, done) {
    const host = options.host ?? '';
    // An IP address is not looked up, so the lookup cannot check it.
    if (host === '' || (isIP(host) !== 0 && !addresses.mayReach(host))) {
      onRefused();
      process.nextTick(done, new AddressRefused());
      return undefined;
    }
    return createConnection.call(
      this,
      { ...options, lookup: guardedLookup(addresses, onRefused) } as never,
      done,
    );
  };
  return Object.assign(agent, { createConnection: connect });
}
