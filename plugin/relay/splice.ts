import type { Socket } from 'node:net';

/** How long the other side may stay open after one has ended, in milliseconds without a byte. */
const HALF_OPEN = 60_000;

/** Who speaks: the client, or the mail server. */
export type Side = 'client' | 'upstream';

/** Reads no more of one side until the other one has taken what was read. */
function waitFor(slow: Socket, fast: Socket): void {
  fast.pause();
  slow.once('drain', () => fast.resume());
}

/**
 * Passes bytes between two connections, in both directions, without looking at them. Each side is read only as
 * fast as the other one takes it, so a slow client of a fast server holds no more than the buffers of two
 * sockets.
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
    for (const [from, to, side] of pairs) {
      // Not pipe(): its listeners would take 5 KB of each connection.
      from.on('data', (chunk) => {
        spoke(side);
        if (!to.write(chunk)) waitFor(to, from);
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
