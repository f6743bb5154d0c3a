import type { ClientRequest } from 'node:http';
import type { Socket } from 'node:net';
import type { TLSSocket } from 'node:tls';

/** What stands between a connection and the request that is to be sent on it. */
export interface Gate {
  /** What it throws ends the request, of which nothing has been sent then. */
  check(): void;
  /** When the request was handed to its connection, by a clock that never jumps; null: not yet. */
  sentAt: number | null;
  /** What `check` has thrown. */
  refusal?: unknown;
  /** Ends a connection that is still being made. The agent does not know of it yet, and would let it stay for ever. */
  abandon?: () => void;
}

/** Node's own way from a socket to its request, which its types do not name. */
type WithSocket = Omit<ClientRequest, 'onSocket'> & { onSocket(socket: Socket, error?: Error): void };

/** Is the connection still being made, TLS included? */
const isOpening = (socket: Socket): boolean =>
  (socket as TLSSocket & { secureConnecting?: boolean }).secureConnecting ?? socket.connecting;

/**
 * Hands the socket to the request only when the connection stands, and asks the gate in the same moment: connecting may take
 * seconds, in which the process may be stopped, and Node would send what it has buffered before anybody is asked.
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
