import { lookup as resolve } from 'node:dns';
import type { Agent } from 'node:http';
import { isIP, type LookupFunction } from 'node:net';
import type { Duplex } from 'node:stream';
import type { AddressRules } from '../lib/safe-address.js';

/** The address of a request is loopback, link-local or otherwise special, and not allowed by the configuration. */
export class AddressRefused extends Error {
  override readonly name = 'AddressRefused';
  readonly code = 'EADDRESSREFUSED';
  constructor() {
    super('The address is not allowed');
  }
}

/** Judges the very addresses that are connected to: a name cannot show one to a check and another to the connection. */
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
 * The agent, which from now on connects to allowed addresses only (DNS rebinding, numbers that the system's resolver takes
 * for addresses, redirected names).
 */
export function guarded<T extends Agent>(agent: T, addresses: AddressRules, onRefused: () => void): T {
  const { createConnection } = agent as unknown as { createConnection: Connect };
  const connect: Connect = function (this: unknown, options, done) {
    const host = options.host ?? '';
    // An address is not looked up, so the lookup cannot judge it.
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
