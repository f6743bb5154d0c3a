import { createServer, type Server, type Socket } from 'node:net';
import type { MailProtocol } from '../domain/mailbox/mailbox.js';
import type { RelayFigures } from '../domain/metrics.js';
import { isSidecarError } from '../errors.js';
import { clientAddress } from './client-address.js';
import { asciiLine } from './refusal-words.js';
import {
  type ClientDeps,
  type ClientSession,
  type ClientTerms,
  type RelayOutcome,
  serveClient,
} from './serve-client.js';

/** A socket to listen on, and how its clients are treated. */
export interface RelayListener extends ClientTerms {
  /** For the log. */
  name: string;
  /** Can it be opened again after a failure? A socket from systemd is closed then. */
  mayRetry: boolean;
  /** Makes the server listen. @throws SidecarError config-invalid */
  start(server: Server): Promise<void>;
}

export interface RelayLimits {
  /** Clients of all listeners together. */
  most: number;
  /** … of those that are not signed in. */
  mostBefore: number;
  /** … of one address that is not this machine's. */
  mostOfAddress: number;
}

export interface RelayDeps extends ClientDeps {
  limits: RelayLimits;
  /** Counts what became of each connection. */
  count(protocol: MailProtocol, outcome: RelayOutcome | 'too-many'): void;
}

/** How often a relay that stops looks for connections that have been silent, in milliseconds. */
const SILENCE = 5000;
/**
 * How long a relay that stops waits for its clients, in milliseconds. What comes after it needs time, too: the unit allows two
 * minutes in all (TimeoutStopSec).
 */
const LONGEST_DRAIN = 60_000;
/** Milliseconds between two attempts to listen. */
const RETRY = 30_000;

const FULL = 'Too many connections. Try again later.';
const RESTARTING = 'The relay is restarting';
const GREETINGS: Record<MailProtocol, string> = {
  imap: `* BYE [UNAVAILABLE] ${asciiLine(FULL)}`,
  pop3: `-ERR [SYS/TEMP] ${asciiLine(FULL)}`,
  smtp: `421 4.3.2 ${asciiLine(FULL)}`,
};

export interface Relay {
  figures(): Record<MailProtocol, RelayFigures>;
  /**
   * Accepts no more clients and waits for those that are busy. After 5 s it ends those that are not signed in, and from then on
   * those that have been silent for 5 s and await no answer of the mail server; at last, all.
   * @param longest milliseconds until then; for tests
   */
  stop(longest?: number): Promise<void>;
  /** Ends all connections. */
  closeAll(): void;
}

const isOwn = (address: string): boolean => address === '' || /^127\.|^::1$/.test(address);

/**
 * Listens for clients of the relay. Where one of the listeners cannot start, the others work, and it tries again: any
 * process may have taken its port.
 * @param retry milliseconds between two attempts; for tests
 */
export async function startRelay(
  listeners: readonly RelayListener[],
  deps: RelayDeps,
  retry = RETRY,
): Promise<Relay> {
  const { limits, count, log } = deps;
  const sessions = new Map<ClientSession, ClientTerms & { address: string }>();
  const totals = {
    imap: { sent: 0, received: 0 },
    pop3: { sent: 0, received: 0 },
    smtp: { sent: 0, received: 0 },
  };
  const ofAddress = new Map<string, number>();
  const servers = new Set<Server>();
  const retries = new Set<NodeJS.Timeout>();
  let stopped = false;
  /** How many clients are not signed in. */
  let before = 0;

  function isFull(address: string): boolean {
    if (sessions.size >= limits.most) return true;
    if (!isOwn(address) && (ofAddress.get(address) ?? 0) >= limits.mostOfAddress) return true;
    return before >= limits.mostBefore;
  }

  function accept(socket: Socket, terms: ClientTerms): void {
    const address = clientAddress(socket);
    if (isFull(address)) {
      count(terms.protocol, 'too-many');
      socket.on('error', () => undefined);
      // With implicit TLS the client would not understand it.
      if (terms.tls === 'implicit') socket.destroy();
      else socket.end(`${GREETINGS[terms.protocol]}\r\n`, () => socket.destroy());
      return;
    }
    before++;
    const session = serveClient(socket, terms, deps, () => before--);
    sessions.set(session, { ...terms, address });
    ofAddress.set(address, (ofAddress.get(address) ?? 0) + 1);
    void session.ended.then((outcome) => {
      const { sent, received } = session.bytes();
      totals[terms.protocol].sent += sent;
      totals[terms.protocol].received += received;
      sessions.delete(session);
      if (!session.isRelayed()) before--;
      const left = (ofAddress.get(address) ?? 1) - 1;
      if (left > 0) ofAddress.set(address, left);
      else ofAddress.delete(address);
      count(terms.protocol, outcome);
    });
  }

  async function open(listener: RelayListener): Promise<void> {
    // Half-open: a client that has sent everything may still be receiving.
    const server = createServer({ allowHalfOpen: true, pauseOnConnect: false }, (socket) =>
      accept(socket, listener),
    );
    servers.add(server);
    try {
      await listener.start(server);
      // For example without memory for one more connection. Without this, the whole process would end.
      server.on('error', (error: NodeJS.ErrnoException) =>
        log.error({ at: listener.name, code: error.code ?? '' }, 'the relay could not accept a connection'),
      );
      if (stopped) server.close();
      else log.info({ at: listener.name }, 'the relay listens');
    } catch (error) {
      servers.delete(server);
      server.close();
      log.error(
        { at: listener.name, fault: isSidecarError(error) ? error.log : '' },
        'the relay does not listen',
      );
      if (stopped || !listener.mayRetry) return;
      const timer = setTimeout(() => {
        retries.delete(timer);
        void open(listener);
      }, retry).unref();
      retries.add(timer);
    }
  }

  function close(): void {
    stopped = true;
    for (const timer of retries) clearTimeout(timer);
    for (const server of servers) server.close();
  }

  function closeAll(): void {
    close();
    for (const session of sessions.keys()) session.end(RESTARTING);
  }

  for (const listener of listeners) await open(listener);
  return {
    figures() {
      const figures = Object.fromEntries(
        (['imap', 'pop3', 'smtp'] as const).map((protocol) => [
          protocol,
          { connections: 0, relayed: 0, ...totals[protocol] },
        ]),
      ) as Record<MailProtocol, RelayFigures>;
      for (const [session, { protocol }] of sessions) {
        const of = figures[protocol];
        const { sent, received } = session.bytes();
        of.connections++;
        if (session.isRelayed()) of.relayed++;
        of.sent += sent;
        of.received += received;
      }
      return figures;
    },
    async stop(longest = LONGEST_DRAIN) {
      close();
      const limit = setTimeout(closeAll, longest).unref();
      const seen = new Map<ClientSession, number>();
      while (sessions.size > 0) {
        for (const session of sessions.keys()) {
          const before = seen.get(session);
          const activity = session.activity();
          // A mail server that checks a mail, or searches, is silent for long; without its answer a client sends the mail again.
          const isIdle = activity === before && !session.awaitsAnswer();
          if (before !== undefined && (isIdle || !session.isRelayed())) session.end(RESTARTING);
          seen.set(session, activity);
        }
        await Promise.race([
          Promise.all([...sessions.keys()].map(({ ended }) => ended)),
          new Promise((resolve) => setTimeout(resolve, SILENCE).unref()),
        ]);
      }
      clearTimeout(limit);
    },
    closeAll,
  };
}
