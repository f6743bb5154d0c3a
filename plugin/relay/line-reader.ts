import type { Socket } from 'node:net';

/** The client has left, or the connection broke. */
export class ClientGone extends Error {
  override readonly name = 'ClientGone';
}

/** The client sent what the protocol does not allow; the connection ends. */
export class ProtocolFault extends Error {
  override readonly name = 'ProtocolFault';
}

/** The most bytes of one line, and of everything before the sign-in. */
export interface ReaderLimits {
  line: number;
  whole: number;
}

/** RFC 9051 §4 and RFC 4954 §4 require room for long lines; nothing before a sign-in is longer. */
const READER_LIMITS: ReaderLimits = { line: 8 * 1024, whole: 32 * 1024 };

const LF = 10;
const CR = 13;

/**
 * Reads a client's lines and literals, and nothing beyond them: what follows stays in the socket, so a client that
 * talks early waits. Lines end in CR LF only. A line feed or a carriage return alone, and NUL, end the
 * connection: command smuggling exploits programs that treat them differently.
 */
export interface LineReader {
  /**
   * The next line without its end, as Latin-1.
   * @throws ClientGone, ProtocolFault
   */
  line(): Promise<string>;
  /**
   * The next bytes, as Latin-1.
   * @throws ClientGone, ProtocolFault
   */
  bytes(count: number): Promise<string>;
  /** Has anything arrived that was not read yet? */
  hasMore(): boolean;
  /** Continues with the same connection over TLS. */
  upgrade(to: Socket): void;
  /** Reads no more. @returns what was read too far */
  release(): Buffer;
}

export function createLineReader(first: Socket, limits: ReaderLimits = READER_LIMITS): LineReader {
  let socket = first;
  let held: Buffer = Buffer.alloc(0);
  let total = 0;

  function pull(): boolean {
    const chunk = socket.read() as Buffer | null;
    if (chunk === null) return false;
    total += chunk.length;
    held = held.length === 0 ? chunk : Buffer.concat([held, chunk]);
    return true;
  }

  /** Waits for more bytes. */
  async function more(): Promise<void> {
    while (!pull()) {
      if (socket.destroyed || socket.readableEnded) throw new ClientGone();
      await new Promise<void>((resolve) => {
        const events = ['readable', 'end', 'close', 'error'];
        const done = () => {
          for (const event of events) socket.off(event, done);
          resolve();
        };
        for (const event of events) socket.on(event, done);
      });
    }
  }

  function take(count: number): Buffer {
    const part = held.subarray(0, count);
    held = held.subarray(count);
    return part;
  }

  return {
    async line() {
      for (let from = 0; ; ) {
        const at = held.indexOf(LF, from);
        if (at > limits.line || (at < 0 && held.length > limits.line))
          throw new ProtocolFault('line too long');
        if (at >= 0) {
          const whole = take(at + 1);
          if (whole[at - 1] !== CR) throw new ProtocolFault('line feed alone');
          const text = whole.toString('latin1', 0, at - 1);
          if (/[\r\0]/.test(text)) throw new ProtocolFault('carriage return or NUL in a line');
          return text;
        }
        if (total > limits.whole) throw new ProtocolFault('too much');
        from = held.length;
        await more();
      }
    },
    async bytes(count) {
      if (count > limits.line) throw new ProtocolFault('literal too long');
      while (held.length < count) {
        if (total > limits.whole) throw new ProtocolFault('too much');
        await more();
      }
      return take(count).toString('latin1');
    },
    hasMore: () => held.length > 0 || pull(),
    upgrade(to) {
      socket = to;
    },
    release() {
      const rest = held;
      // Even an empty slice would keep the whole buffer in memory.
      held = Buffer.alloc(0);
      return rest;
    },
  };
}
