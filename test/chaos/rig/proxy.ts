import net from 'node:net';

interface Pair {
  client: net.Socket;
  server: net.Socket;
  /** Neither side receives anything from the other any more, and neither is told. */
  silent: boolean;
}

/** The one query of a pass over the due list (db/repositories/renewals.ts). */
const LOOK = /due_at[`"]? <= .*order by/is;

/** A TCP proxy on loopback between a sidecar and its database: what a firewall, a switch or a load balancer does. */
export async function startProxy(port: number, target: number) {
  const pairs = new Set<Pair>();
  /** What a silent client has left stays open at the server, as behind a real firewall. */
  const left = new Set<net.Socket>();
  let to = target;
  let delayMs = 0;
  let refusing = false;
  let mute = false;
  let cutAfterQuery: RegExp | undefined;
  let watched: { query: RegExp; passes: () => boolean } | undefined;
  let looks = 0;

  const later = (work: () => void) => (delayMs > 0 ? void setTimeout(work, delayMs) : work());

  const server = net.createServer({ allowHalfOpen: true }, (client) => {
    if (refusing) return client.resetAndDestroy();
    const pair: Pair = {
      client,
      server: net.connect({ port: to, host: '127.0.0.1', allowHalfOpen: true }),
      silent: mute,
    };
    pairs.add(pair);
    for (const [from, into] of [
      [client, pair.server],
      [pair.server, client],
    ] as const) {
      from.on('data', (data) => {
        if (pair.silent) return;
        const text = from === client ? data.toString('latin1') : '';
        if (LOOK.test(text)) looks++;
        if (watched?.query.test(text) && !watched.passes()) return void client.destroy();
        later(() => into.write(data));
        // The server receives the query; the client never learns the result.
        if (cutAfterQuery?.test(text)) setTimeout(() => client.destroy(), 20);
      });
      from.on('end', () => {
        if (!pair.silent) later(() => into.end());
      });
      from.on('error', () => undefined);
      from.on('close', () => {
        pairs.delete(pair);
        if (pair.silent) left.add(into);
        else into.destroy();
      });
    }
    return undefined;
  });
  await new Promise<void>((resolve, reject) => {
    server.once('error', reject);
    server.listen(port, '127.0.0.1', resolve);
  });
  return {
    port,
    /** Passes over the due list that were let through. */
    looks: () => looks,
    /** All open connections fall silent; new ones work. */
    silence(): void {
      for (const pair of pairs) pair.silent = true;
    },
    /** New connections are silent from the start as well. */
    silenceNew(on: boolean): void {
      mute = on;
    },
    cut(): void {
      for (const { client, server } of pairs) {
        client.resetAndDestroy();
        server.destroy();
      }
    },
    /** New connections are refused. */
    refuse(on: boolean): void {
      refusing = on;
    },
    /** Each packet is this many milliseconds late, both ways. */
    delay(ms: number): void {
      delayMs = ms;
    },
    /** A connection that sends such a statement is cut once the statement has reached the server. */
    cutAfter(query: RegExp | undefined): void {
      cutAfterQuery = query;
    },
    /**
     * @param query matches the statements to watch
     * @param passes called for each of them; false: it never reaches the server, and its connection is cut. By default
     * all pass
     */
    watch(query: RegExp, passes: () => boolean = () => true): void {
      watched = { query, passes };
    },
    /** New connections go to another server. */
    lead(port: number): void {
      to = port;
    },
    async stop(): Promise<void> {
      const closed = new Promise((resolve) => server.close(resolve));
      for (const { client, server } of pairs) for (const socket of [client, server]) socket.destroy();
      for (const socket of left) socket.destroy();
      await closed;
    },
  };
}
