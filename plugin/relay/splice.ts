import type { Socket } from 'node:net';

/** How long the other side may stay open after one has ended, in milliseconds without a byte. */
const HALF_OPEN = 60_000;

/** Who speaks: the client, or the mail server. */
export type Side = 'client' | 'upstream';

/** Bytes that wait for a slow side before the other one is no longer read. */
const MOST_UNSENT = 256 * 1024;
/** Bytes after which one side has more to say than a response: a large mail. */
const BULK = 64 * 1024;
/** How long what belongs to a large mail is collected, in milliseconds. */
const COLLECTED = 1;

/**
 * Returns a function that writes a chunk. A mail server sends a large mail in records of 4 KB. One system call for each, and
 * one waking of the client, would take most of the processor time of the relay, so they are written together.
 * @param isBulk does the chunk belong to a large mail?
 */
function createWriter(to: Socket): (chunk: Buffer, isBulk: boolean) => void {
  const uncork = () => to.uncork();
  return (chunk, isBulk) => {
    if (to.writableCorked === 0) {
      to.cork();
      if (isBulk) setTimeout(uncork, COLLECTED);
      else process.nextTick(uncork);
    }
    to.write(chunk);
  };
}

/** Reads no more of one side until the other one has taken what was read. */
function waitFor(slow: Socket, fast: Socket): void {
  fast.pause();
  slow.once('drain', () => fast.resume());
}

/**
 * Passes bytes between two connections, in both directions, without looking at them. Each side is read only as
 * fast as the other one takes it, so a slow client of a fast server holds no more than MOST_UNSENT and the buffers of
 * two sockets.
 * @param spoke called whenever one side has sent something
 * @returns when both have ended
 */
export function splice(
  client: Socket,
  upstream: Socket,
  early: { client: Buffer; upstream: Buffer },
  spoke: (side: Side) => void = () => undefined,
): Promise<void> {
  const pairs = [
    [client, upstream, 'client'],
    [upstream, client, 'upstream'],
  ] as const;
  for (const socket of [client, upstream]) {
    socket.setNoDelay(true);
    // No time limit: IMAP IDLE is silent for half an hour. TCP finds out when the other side is gone.
    socket.setTimeout(0);
    socket.setKeepAlive(true, 60_000);
  }
  if (client.destroyed || upstream.destroyed) {
    client.destroy();
    upstream.destroy();
    return Promise.resolve();
  }
  if (early.upstream.length > 0) client.write(early.upstream);
  if (early.client.length > 0) {
    upstream.write(early.client);
    spoke('client');
  }
  return new Promise((resolve) => {
    let open = pairs.length;
    /** How much each side has sent since the other one spoke. */
    const sent = { client: 0, upstream: 0 };
    for (const [from, to, side] of pairs) {
      const write = createWriter(to);
      // Not pipe(): its listeners would take 5 KB of each connection.
      from.on('data', (chunk) => {
        spoke(side);
        sent[side === 'client' ? 'upstream' : 'client'] = 0;
        sent[side] += chunk.length;
        write(chunk, sent[side] > BULK);
        if (to.writableLength > MOST_UNSENT) waitFor(to, from);
      });
      from.on('error', () => to.destroy());
      const onEnd = () => {
        to.end();
        for (const socket of [from, to]) socket.setTimeout(HALF_OPEN, () => socket.destroy());
      };
      // A client may have sent its last byte with its sign-in.
      if (from.readableEnded) onEnd();
      else from.once('end', onEnd);
      from.once('close', () => {
        // What was read before is still written; a broken connection breaks the other one.
        if (from.readableEnded) to.end();
        else to.destroy();
        open--;
        if (open === 0) resolve();
      });
      if (to.writableNeedDrain) waitFor(to, from);
      else from.resume();
    }
  });
}
