import { lookup as lookupName } from 'node:dns/promises';
import { connect, isIP, type LookupFunction, type Socket } from 'node:net';
import { inTime } from '../lib/in-time.js';
import type { AddressRules } from '../lib/safe-address.js';
import { MailFault, mailFault } from './fault.js';

export interface Address {
  address: string;
  family: number;
}

/** Names that are being resolved. */
const resolving = new Map<string, Promise<Address[]>>();

/**
 * Resolves a name as every program on this machine does: /etc/hosts, then name servers. Who asks for the same name meanwhile
 * shares the answer: Node.js resolves two names at a time, and a name server that is silent must not let requests of many
 * clients pile up in front of those for the provider. A request cannot be taken back.
 */
export function resolveName(host: string): Promise<Address[]> {
  if (isIP(host)) return Promise.resolve([{ address: host, family: isIP(host) }]);
  const shared = resolving.get(host);
  if (shared) return shared;
  const work = lookupName(host, { all: true, order: 'verbatim' }).finally(() => resolving.delete(host));
  resolving.set(host, work);
  return work;
}

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
    const onError = (error: Error) => reject(mailFault(error));
    const onClose = () => reject(new MailFault('closed'));
    socket.once('error', onError).once('close', onClose);
    socket.once('connect', () => {
      socket.off('error', onError).off('close', onClose);
      resolve(socket);
    });
  });
}

/**
 * Connects to a server, unless one of its addresses is not allowed.
 * @param limit milliseconds
 * @param signal aborted when the connection is not needed any more
 * @throws MailFault address-refused, closed: aborted; and what `openSocket` throws
 * @throws TimeOut
 */
export async function connectAllowed(
  server: { host: string; port: number },
  rules: AddressRules,
  limit: number,
  signal?: AbortSignal,
): Promise<Socket> {
  let opening: Socket | undefined;
  async function connected(): Promise<Socket> {
    const addresses = await resolveName(server.host);
    if (!addresses.every(({ address }) => rules.mayReach(address))) throw new MailFault('address-refused');
    if (signal?.aborted) throw new MailFault('closed');
    return await openSocket(server, addresses, (socket) => {
      opening = socket;
    });
  }
  const leave = () => opening?.destroy();
  signal?.addEventListener('abort', leave);
  const work = connected();
  try {
    const socket = await inTime(work, limit);
    if (signal?.aborted) throw new MailFault('closed');
    return socket;
  } catch (error) {
    opening?.destroy();
    work.then((late) => late.destroy()).catch(() => undefined);
    throw error;
  } finally {
    signal?.removeEventListener('abort', leave);
  }
}
