/**
 * How long no refresh token is sent after the database was lost. It may have lost its last transactions, and
 * the answers that were in them are in the journals of other sidecars. Each of them stores them again at its next
 * look, at most five seconds after its last one; a query in which it hangs ends after 20 seconds. Milliseconds.
 */
const QUIET = 30_000;
/**
 * A connection that is lost so soon after the last quiet time, by each slow query for instance, begins none;
 * a new server always does.
 */
const LEAST_APART = 4 * QUIET;
/** At the first look, a server that has run for less than this is new. Milliseconds. */
const NEW_SERVER = 30_000;
/** Two times at which a server may have started are the same one. Uptimes are in whole seconds. Milliseconds. */
const TOLERANCE = 1500;
/** More servers than a cluster has nodes. */
const MOST_SERVERS = 16;

/** When a server started, between two times. Milliseconds by the monotonic clock. */
interface Start {
  /** The same for each look at it; '' if only the time is known. */
  server: string;
  from: number;
  to: number;
}

/** The time after a loss of the database in which nobody sends a refresh token. */
export interface QuietTime {
  /**
   * Asks the server whether it takes writes, and for how long it has run. Call it before the due list is read.
   * @throws SidecarError database-unavailable: the quiet time goes on until a look succeeds
   */
  look(): Promise<void>;
  /** Also while it is not known yet what a lost connection means, until the next look. */
  isOn(): boolean;
  /** How many servers were found that had lately started or taken over. */
  newServers(): number;
}

export interface QuietTimeDeps {
  /** Milliseconds by a monotonic clock. */
  elapsed(): number;
  /** How many times the database was lost so far. */
  losses(): number;
  /**
   * Seconds since the server started, by its own clock; negative if that was set back. `server` tells apart servers that
   * started at the same time, such as those of one machine; '' if unknown.
   * @throws SidecarError database-unavailable, also if the server takes no writes
   */
  uptime(): Promise<{ seconds: number; server: string }>;
}

/**
 * Returns the quiet time of a process. It begins when the server takes writes again, not when it goes away: however
 * long that takes, others need time for their look after it. A server is known by the time at which it started, so the
 * nodes of a cluster are soon all known. A known server may have taken over from another, so lost connections count as well.
 */
export function createQuietTime({ elapsed, losses, uptime }: QuietTimeDeps): QuietTime {
  let began = Number.NEGATIVE_INFINITY;
  let known = 0;
  let newServers = 0;
  /** The one that answered last comes first. */
  let servers: Start[] | undefined;

  function isNew(start: Start, age: number): boolean {
    const isFirst = servers === undefined;
    const others = (servers ?? []).filter(
      ({ server, from, to }) =>
        start.server !== server || start.from > to + TOLERANCE || start.to < from - TOLERANCE,
    );
    const isKnown = others.length < (servers ?? []).length;
    servers = [start, ...others].slice(0, MOST_SERVERS);
    return isFirst ? age >= 0 && age <= NEW_SERVER : !isKnown;
  }

  return {
    async look() {
      const lost = losses();
      const asked = elapsed();
      const { seconds, server } = await uptime();
      const age = seconds * 1000;
      const now = elapsed();
      // The answer may have taken a while.
      const isNewServer = isNew({ server, from: asked - age - 1000, to: now - age }, age);
      if (isNewServer) newServers++;
      if (isNewServer || (lost !== known && now - began >= LEAST_APART)) began = now;
      known = lost;
    },
    isOn: () => losses() !== known || elapsed() - began < QUIET,
    newServers: () => newServers,
  };
}
