import type { Socket } from 'node:net';
import { type SecureContext, TLSSocket } from 'node:tls';
import type { Log } from '../domain/log.js';
import type { MailProtocol } from '../domain/mailbox/mailbox.js';
import { RelayRefusal } from '../domain/relay/relay-refusal.js';
import { isSidecarError } from '../errors.js';
import { clientAddress } from './client-address.js';
import type { Front, FrontContext } from './front.js';
import { imapFront } from './imap-front.js';
import { ClientGone, createLineReader, type LineReader, ProtocolFault } from './line-reader.js';
import { pop3Front } from './pop3-front.js';
import { smtpFront } from './smtp-front.js';
import { type Side, splice } from './splice.js';

/** A connection to the provider's server that is signed in; as plugin/mail/upstream.ts returns it. */
interface RelayUpstream {
  socket: Socket;
  rest: Buffer;
  capability: string | null;
}

/** Opens the mailbox of a client; as plugin/usecases/relay/open-relayed-mailbox.ts does. @throws RelayRefusal */
export type OpenMailbox = (request: {
  protocol: MailProtocol;
  login: string;
  password: string;
  address: string;
  helloName: string;
  signal: AbortSignal;
}) => Promise<{ connection: RelayUpstream; password: { id: number; configId: number; client: string } }>;

/** How a listener treats its clients. */
export interface ClientTerms {
  protocol: MailProtocol;
  /** implicit: TLS from the first byte; starttls: offered; null: no certificate is given. */
  tls: 'implicit' | 'starttls' | null;
  /** May a password come without TLS? Only where no other machine can read it. */
  plain: boolean;
}

/** What became of a connection, for metrics: `relayed`, or why it was not. */
export type RelayOutcome =
  | 'relayed'
  | 'refused'
  | 'passing'
  | 'wrong-password'
  | 'left'
  | 'protocol'
  | 'late';

export interface ClientDeps {
  open: OpenMailbox;
  /** Reads certificate and key again when they have changed. */
  secureContext(): SecureContext;
  hostName(): Promise<string>;
  log: Log;
  /** Milliseconds up to the sign-in; for tests. */
  patience?: number;
}

/** One client of the relay. */
export interface ClientSession {
  /** Resolves when its connections are closed; never rejects. */
  ended: Promise<RelayOutcome>;
  /** Is it signed in? */
  isRelayed(): boolean;
  /** Bytes that both connections have carried so far; while the client is not signed in, 0. */
  bytes(): { sent: number; received: number };
  /** Has the client sent something that the mail server has not answered? While it is not signed in, false. */
  awaitsAnswer(): boolean;
  /** Changes whenever the client sends or receives something. */
  activity(): number;
  /** Says goodbye if the client is not signed in, and ends both connections. */
  end(text: string): void;
}

/** For everything up to the sign-in, in milliseconds. RFC 9051 §5.4 asks for more only after it. */
const BEFORE_SIGN_IN = 90_000;
const MOST_REFUSALS = 3;
/** Milliseconds in which a client takes the last line. */
const LAST_LINE = 2000;

const FRONTS: Record<MailProtocol, (context: FrontContext) => Front> = {
  imap: imapFront,
  pop3: pop3Front,
  smtp: smtpFront,
};

/**
 * Notices that a client has sent its last byte while nobody reads. Nothing is taken from the socket.
 * @returns ends the watch
 */
function onEnd(socket: Socket, end: () => void): () => void {
  const look = () => {
    if (socket.readableLength === 0) socket.read(0);
  };
  socket.on('readable', look);
  socket.on('end', end);
  return () => {
    socket.off('readable', look);
    socket.off('end', end);
  };
}

/**
 * Serves one client from the greeting to the end.
 * @param onSignedIn called once it is signed in
 */
export function serveClient(
  plain: Socket,
  terms: ClientTerms,
  deps: ClientDeps,
  onSignedIn: () => void = () => undefined,
): ClientSession {
  const { protocol, tls } = terms;
  const address = clientAddress(plain);
  let socket: Socket = plain;
  let upstream: Socket | undefined;
  let front: Front | undefined;
  let isSecure = false;
  let outcome: RelayOutcome = 'left';

  /** Aborted when the client has left or the relay ends its connection. */
  let over: AbortController | undefined = new AbortController();
  const closed = new Promise<void>((resolve) => plain.once('close', resolve));
  let carried: Promise<void> | undefined;
  let lastSide: Side = 'upstream';

  const drop = () => {
    over?.abort();
    socket.destroy();
    plain.destroy();
    upstream?.destroy();
  };

  function secure(): void {
    socket = new TLSSocket(plain, { isServer: true, secureContext: deps.secureContext() });
    socket.on('error', drop);
    isSecure = true;
  }

  /** Ends the connection after a last line; a client that does not read it is cut off. */
  function close(): void {
    over?.abort();
    socket.end();
    // Nobody reads any more; without this, the end of the client's side would not be noticed.
    socket.resume();
    setTimeout(drop, LAST_LINE).unref();
  }

  async function signIn(
    reader: LineReader,
    spoken: Front,
    signal: AbortSignal,
  ): Promise<RelayUpstream | null> {
    for (let refusals = 0; refusals < MOST_REFUSALS; ) {
      const request = await spoken.next();
      if (request === 'leave') return null;
      if (request === 'starttls') {
        secure();
        reader.upgrade(socket);
        continue;
      }
      const unwatch = reader.hasMore() ? () => undefined : onEnd(socket, drop);
      try {
        const { connection, password } = await deps.open({
          ...request,
          protocol,
          address,
          helloName: spoken.clientName() || (await deps.hostName()),
          signal,
        });
        if (signal.aborted) {
          connection.socket.destroy();
          return null;
        }
        const facts = { protocol, configId: password.configId, client: password.client };
        deps.log.info(facts, 'signed in at the relay');
        spoken.accept(connection.capability);
        return connection;
      } catch (error) {
        if (!(error instanceof RelayRefusal)) throw error;
        if (signal.aborted) return null;
        const { kind } = error;
        outcome = kind === 'credentials' ? 'wrong-password' : kind === 'passing' ? 'passing' : 'refused';
        deps.log.warn({ protocol, address, kind, fault: error.message }, 'the relay refused a sign-in');
        spoken.refuse(error);
        refusals++;
      } finally {
        unwatch();
      }
    }
    spoken.bye('Too many failed sign-ins');
    return null;
  }

  /** Speaks the protocol up to the sign-in. @returns what has arrived beyond it; null: the connection ends */
  async function begin(signal: AbortSignal): Promise<{ client: Buffer; upstream: Buffer } | null> {
    if (tls === 'implicit') secure();
    const reader = createLineReader(socket);
    front = FRONTS[protocol]({
      reader,
      send: (line) => void socket.write(`${line}\r\n`),
      hostName: await deps.hostName(),
      offersTls: () => tls === 'starttls' && !isSecure,
      mayAuthenticate: () => terms.plain || isSecure,
    });
    front.greet();
    const connection = await signIn(reader, front, signal);
    if (connection === null) return null;
    upstream = connection.socket;
    return { client: reader.release(), upstream: connection.rest };
  }

  async function run(stop: AbortController): Promise<void> {
    plain.on('error', drop);
    plain.setNoDelay(true);
    const late = setTimeout(() => {
      outcome = 'late';
      front?.bye('The sign-in takes too long');
      close();
    }, deps.patience ?? BEFORE_SIGN_IN).unref();
    try {
      const early = await begin(stop.signal);
      if (early === null || upstream === undefined) return close();
      outcome = 'relayed';
      onSignedIn();
      // Nothing that only the sign-in needed stays in memory for the length of the connection, so nothing here waits for its end.
      front = undefined;
      over = undefined;
      carried = splice(socket, upstream, early, (side) => {
        lastSide = side;
      });
    } catch (error) {
      if (error instanceof ProtocolFault) {
        outcome = 'protocol';
        deps.log.warn({ protocol, address, fault: error.message }, 'the relay ended a connection');
        front?.bye('This is not the protocol');
        close();
      } else {
        // Only the name of an unexpected error: its message may quote what a client has sent.
        if (!(error instanceof ClientGone))
          deps.log.error(
            {
              protocol,
              address,
              fault: isSidecarError(error) ? error.log : error instanceof Error ? error.name : '',
            },
            'the relay could not serve a client',
          );
        drop();
      }
    } finally {
      clearTimeout(late);
    }
  }

  plain.once('close', drop);
  void run(over);
  return {
    // Both connections: that to the mail server may close later. A sign-in that is still in preparation does not count.
    ended: closed.then(() => carried).then(() => outcome),
    isRelayed: () => upstream !== undefined,
    bytes: () => ({ sent: upstream?.bytesWritten ?? 0, received: upstream?.bytesRead ?? 0 }),
    awaitsAnswer: () => lastSide === 'client',
    activity: () => plain.bytesRead + plain.bytesWritten,
    end(text) {
      if (upstream) return drop();
      if (!over?.signal.aborted) front?.bye(text);
      close();
    },
  };
}
