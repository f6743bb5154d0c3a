import { isLoopback } from '../../lib/safe-address.js';
import { isMailType, MAIL_TYPES, splitAddress } from '../mailbox/mailbox.js';
import { isLocalPlace, protocolOfScheme, type RelayPlace } from './relay-listener.js';
import type { RelayPassword } from './relay-password.js';

/** A mail account of the helpdesk that signs in with a password, as the helpdesk stores it. */
export interface PasswordAccount {
  login: string;
  host: string;
  type: string;
}

type Known = Pick<RelayPassword, 'login' | 'configId' | 'servers' | 'isOrphan'>;

const keyOf = (login: string): string => login.trim().toLowerCase();

/**
 * Builds what tells whether a mail account fetches through the relay: its host is a place of the relay, and its login has a
 * relay password. The password itself is not compared, because the sidecar may not read it. A place that other machines
 * reach has many names there, so any host with its port counts, except the provider's own.
 * @returns the ID of the configuration whose token it uses; the lowest where several have a password for this login, a
 *   configuration that is missing last; null: it does not use the relay
 */
export function createRelayedAccounts(
  places: readonly RelayPlace[],
  passwords: readonly Known[],
): (account: PasswordAccount) => number | null {
  const byLogin = new Map<string, Known[]>();
  for (const password of passwords) {
    const key = keyOf(password.login);
    byLogin.set(key, [...(byLogin.get(key) ?? []), password]);
  }

  return ({ login, host, type }) => {
    const own = byLogin.get(keyOf(login)) ?? [];
    const at = isMailType(type) ? splitAddress(host, type) : null;
    if (own.length === 0 || !isMailType(type) || !at) return null;
    const { protocol } = MAIL_TYPES[type];
    const name = at.host.toLowerCase();
    const isHere = name === 'localhost' || isLoopback(name);
    const matches = places.filter(
      (place) =>
        !('path' in place.at) && protocolOfScheme(place.scheme) === protocol && place.at.port === at.port,
    );
    const isRelay = matches.some((place) => isHere || !isLocalPlace(place));
    const usable = own.filter(({ servers }) => {
      const server = servers[protocol];
      const there = server && splitAddress(server.address, server.type);
      return there && (there.host.toLowerCase() !== name || there.port !== at.port);
    });
    const [first] = usable.sort((a, b) => Number(a.isOrphan) - Number(b.isOrphan) || a.configId - b.configId);
    return isRelay && first ? first.configId : null;
  };
}
