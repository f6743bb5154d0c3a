import type { Socket } from 'node:net';
import { Duplex } from 'node:stream';

/**
 * A connection that ends when the other side sends more than a dialogue needs, before all of it is processed: a
 * library that answers each line would be busy for seconds. TLS on top of it reads through it, too, because Node.js
 * reads only real sockets past their streams.
 */
class LimitedSocket extends Duplex {
  private size = 0;

  constructor(
    private readonly socket: Socket,
    private readonly most: number,
  ) {
    super();
    socket.on('data', (chunk: Buffer) => this.receive(chunk));
    socket.once('end', () => this.push(null));
    socket.once('error', (error) => this.destroy(error));
    socket.once('close', () => this.destroy());
    socket.on('timeout', () => this.emit('timeout'));
  }

  private receive(chunk: Buffer): void {
    this.size += chunk.length;
    if (this.size > this.most)
      this.destroy(Object.assign(new Error('The server sends too much'), { code: 'EPROTOCOL' }));
    else if (!this.push(chunk)) this.socket.pause();
  }

  override _read(): void {
    this.socket.resume();
  }

  override _write(chunk: Buffer, encoding: BufferEncoding, done: (error?: Error | null) => void): void {
    this.socket.write(chunk, encoding, done);
  }

  override _final(done: () => void): void {
    this.socket.end(done);
  }

  override _destroy(error: Error | null, done: (error: Error | null) => void): void {
    this.socket.destroy();
    done(error);
  }

  /** As that of a socket, which libraries for mail call. Milliseconds; 0: none. */
  setTimeout(ms: number): this {
    this.socket.setTimeout(ms);
    return this;
  }
}

/** @param most in bytes, as they arrive: with TLS, encrypted */
export const limitedSocket = (socket: Socket, most: number): Duplex => new LimitedSocket(socket, most);
