import type { ClientRequest } from 'node:http';

/**
 * Makes a request fail whose server switches to another protocol (101, RFC 9110 §15.2.2), which nobody asked for.
 * Node would end it with neither an answer nor an error, and a time limit that is reached later has no effect.
 */
export function withoutUpgrade(sent: ClientRequest): ClientRequest {
  return sent.on('upgrade', (_answer, socket) => {
    socket.destroy();
    sent.emit('error', Object.assign(new Error('The server switches protocols'), { code: 'EPROTO' }));
  });
}
