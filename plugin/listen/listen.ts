import { createServer, type RequestListener, type Server } from 'node:http';
import type { AddressInfo } from 'node:net';
import { setTimeout as pause } from 'node:timers/promises';
import type { Channel } from '../domain/helpdesk/channel.js';
import type { Log } from '../domain/log.js';
import { SidecarError } from '../errors.js';
import { answerUnreadable } from './answer-unreadable.js';
import { bindSocket } from './bind-socket.js';

export interface ListenOptions {
  /** File descriptors from systemd, see inheritedSockets(). */
  inherited: number[];
  /** Path of the Unix socket; null: the port serves the screens. */
  socket: string | null;
  host: string;
  port: number;
  log: Log;
  /** Limits the number of connected clients of a server. */
  limit: (server: Server) => void;
  /** Handles the requests that arrive through one channel. */
  handle: (channel: Channel) => RequestListener;
}

export interface Listeners {
  /** Accepts no new connections; requests in progress continue. @returns when they have been answered, or after two seconds */
  close(): Promise<void>;
  /** Closes the connections of requests in progress. */
  closeAll(): void;
}

/**
 * Limits for one client. Apache sends the headers at once and the body as it arrives, so these cut only
 * clients that hold a connection open on purpose: 15 s for the headers, a minute for the whole request,
 * checked every five seconds. Headers may have 32 KB.
 */
const CLIENT_LIMITS = {
  headersTimeout: 15_000,
  requestTimeout: 60_000,
  connectionsCheckingInterval: 5000,
  maxHeaderSize: 32 * 1024,
} as const;

/** How long requests in progress may take once the sidecar stops, in milliseconds. */
const LAST_ANSWERS = 2000;

/** Milliseconds between two attempts to open the status port. */
const RETRY = 30_000;

/**
 * Listens where the configuration says. A socket opened by systemd replaces the configured one of the same
 * kind. If the port serves only health and metrics, a failure to open it does not stop the sidecar: otherwise
 * any process that takes the port first could stop renewals.
 * @throws SidecarError config-invalid
 */
export async function listen(options: ListenOptions): Promise<Listeners> {
  const { inherited, socket, host, port, log, limit, handle } = options;
  const servers: Server[] = [];
  let retry: NodeJS.Timeout | undefined;

  const serve = async (start: (server: Server) => Promise<Channel>): Promise<Channel> => {
    let listener: RequestListener | undefined;
    const server = createServer(CLIENT_LIMITS, (request, response) => listener?.(request, response));
    limit(server);
    answerUnreadable(server);
    const channel = await start(server);
    // For example without memory for one more connection. Without this, the whole process would end.
    server.on('error', (error: NodeJS.ErrnoException) =>
      log.error({ channel, code: error.code ?? '' }, 'a connection could not be accepted'),
    );
    listener = handle(channel);
    servers.push(server);
    return channel;
  };
  const screens: Channel = socket === null ? 'tcp' : 'status';
  const onPort = (server: Server): Promise<Channel> =>
    new Promise((resolve, reject) => {
      server.once('error', (error: NodeJS.ErrnoException) => reject(whyNotListening(error, port)));
      server.listen(port, host, () => {
        log.info({ host, port: (server.address() as AddressInfo).port, channel: screens }, 'listening');
        resolve(screens);
      });
    });
  const openStatus = async (): Promise<void> => {
    try {
      await serve(onPort);
    } catch (error) {
      log.error(
        { fault: error instanceof SidecarError ? error.detail : '' },
        'health and metrics cannot be served on their port',
      );
      retry = setTimeout(() => void openStatus(), RETRY).unref();
    }
  };

  const taken = new Set<Channel>();
  for (const fd of inherited) taken.add(await serve((server) => onInherited(server, fd, screens, log)));
  if (socket !== null && !taken.has('unix'))
    await serve(async (server) => {
      await bindSocket(server, socket);
      log.info({ socket, channel: 'unix' }, 'listening');
      return 'unix';
    });
  if (!taken.has(screens)) await (screens === 'status' ? openStatus() : serve(onPort));

  return {
    async close() {
      clearTimeout(retry);
      const ended = servers.map((server) => new Promise((resolve) => server.close(resolve)));
      // A connection becomes idle when its answer has been sent.
      const idle = setInterval(() => {
        for (const server of servers) server.closeIdleConnections();
      }, 20);
      for (const server of servers) server.closeIdleConnections();
      await Promise.race([Promise.all(ended), pause(LAST_ANSWERS)]);
      clearInterval(idle);
    },
    closeAll() {
      for (const server of servers) server.closeAllConnections();
    },
  };
}

function onInherited(server: Server, fd: number, onTcp: Channel, log: Log): Promise<Channel> {
  return new Promise((resolve, reject) => {
    server.once('error', (error: NodeJS.ErrnoException) =>
      reject(
        new SidecarError('config-invalid', {
          detail: `The socket that systemd has passed on cannot be used (${error.code}). Look at the socket unit of the service.`,
          cause: error,
        }),
      ),
    );
    server.listen({ fd }, () => {
      // Node reports no address for a Unix socket that it did not bind itself.
      const address = server.address();
      const isTcp = typeof address === 'object' && address !== null;
      const channel = isTcp ? onTcp : 'unix';
      log.info({ fd, ...(isTcp ? { port: address.port } : {}), channel }, 'listening');
      resolve(channel);
    });
  });
}

function whyNotListening(error: NodeJS.ErrnoException, port: number): unknown {
  if (error.code !== 'EADDRINUSE' && error.code !== 'EACCES') return error;
  const why = error.code === 'EACCES' ? 'may not be used by this user' : 'is in use already';
  return new SidecarError('config-invalid', {
    detail: `Port ${port} ${why}. Stop what listens there, or choose another one: SIDECAR_PORT=18280 (and print the Apache rules again).`,
    cause: error,
  });
}
