import type { ClientRequest } from 'node:http';
import type { Socket } from 'node:net';
import type { TLSSocket } from 'node:tls';

/** Decides whether a request may be sent once its connection stands. */
export interface Gate {
  /** If it throws, the request ends with that error and nothing of it has been sent. */
  check(): void;
  /** When the request was passed to its connection, by a monotonic clock; null: not yet. */
  sentAt: number | null;
  /** What `check` threw. */
  refusal?: unknown;
  /**
   * Ends a connection that is still being opened. The agent does not know it yet and would leave it open for
   * ever.
   */
  abandon?: () => void;
}

/** Node's method that passes a socket to its request; Node's types do not declare it. */
type WithSocket = Omit<ClientRequest, 'onSocket'> & { onSocket(socket: Socket, error?: Error): void };

/** Is the connection still being opened, including TLS? */
const isOpening = (socket: Socket): boolean =>
  (socket as TLSSocket & { secureConnecting?: boolean }).secureConnecting ?? socket.connecting;

/**
 * Passes the socket to the request only when the connection stands, and calls `gate.check` at that moment.
 * Connecting can take seconds, in which the process may be stopped; otherwise Node would send its buffer
 * before any check.
 */
export function passGate(outgoing: ClientRequest, gate: Gate): void {
  const request = outgoing as unknown as WithSocket;
  const onSocket = request.onSocket.bind(request);
  function pass(socket: Socket, error?: Error): void {
    let fault = error;
    try {
      if (!fault) gate.check();
      gate.sentAt = fault ? null : performance.now();
    } catch (refusal) {
      gate.refusal = refusal;
      fault = refusal as Error;
      socket.destroy();
    }
    onSocket(socket, fault);
  }
  request.onSocket = (socket, error) => {
    if (error || !isOpening(socket)) {
      pass(socket, error);
      return;
    }
    gate.abandon = () => socket.destroy();
    const ready = 'secureConnecting' in socket ? 'secureConnect' : 'connect';
    const end = (fault?: Error) => {
      socket.off(ready, opened).off('error', end).off('close', closed);
      pass(socket, fault);
    };
    const opened = () => end();
    const closed = () => end(Object.assign(new Error('the connection was closed'), { code: 'ECONNRESET' }));
    socket.once(ready, opened).once('error', end).once('close', closed);
  };
}
