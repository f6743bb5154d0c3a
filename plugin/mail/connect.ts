import { lookup as lookupName } from 'node:dns/promises';
import { connect, type LookupFunction, type Socket } from 'node:net';
import { MailFault, mailFault } from './fault.js';

export interface Address {
  address: string;
  family: number;
}

/** Resolves a name as every program on this machine does: /etc/hosts, then name servers. */
export const resolveName = (host: string): Promise<Address[]> =>
  lookupName(host, { all: true, order: 'verbatim' });

/**
 * Connects to one of the addresses. The name is not resolved again, so it cannot change in between.
 * @param onSocket receives the socket before it is connected, so that the caller can abandon it
 */
export function openSocket(
  { host, port }: { host: string; port: number },
  addresses: Address[],
  onSocket: (socket: Socket) => void,
): Promise<Socket> {
  const lookup: LookupFunction = (_host, options, answer) => {
    const [{ address, family } = { address: '', family: 4 }] = addresses;
    if (options.all) answer(null, addresses);
    else answer(null, address, family);
  };
  return new Promise((resolve, reject) => {
    const socket = connect({ host, port, lookup });
    onSocket(socket);
    socket.once('error', (error) => reject(mailFault(error)));
    socket.once('close', () => reject(new MailFault('closed')));
    socket.once('connect', () => resolve(socket));
  });
}
