import { randomBytes } from 'node:crypto';

/** One use of a refresh token, from the request to the end of its connection. Times in milliseconds since the epoch. */
export interface Exchange {
  grant: number;
  /** Number of the refresh token that was used; the answer brings the next one. */
  used: number;
  at: number;
  /** The whole answer was passed to the network. */
  sentAt?: number;
  /** The client has read the whole answer and closed its connection. */
  readAt?: number;
  closedAt?: number;
  /** The provider itself withheld the answer, or sent half of it. */
  withheld: boolean;
}

export interface Grant {
  number: number;
  /** Number of the newest refresh token. */
  newest: number;
  alive: boolean;
  exchanges: Exchange[];
  /** The exchange whose refresh token came a second time. */
  reused: Exchange[];
}

/** Time until we notice that the kernel has closed the connections of a killed process. Milliseconds. */
const NEWS = 150;
/**
 * How long before its end a process may have read an answer that it could no longer write: a busy machine suspends each
 * process for up to this long. Milliseconds.
 */
const INSTANT = 50;
/** Time too short for reading an answer and closing the connection without our seeing it read. Milliseconds. */
const SAME_MOMENT = 2;
/** How late a provider may process a request that a killed process has sent. Milliseconds. */
const LATE_TURN = 5000;

interface Kill {
  from: number;
  /** Its last thread has ended. */
  to: number;
}

const SECRET = randomBytes(12).toString('hex');
const refreshToken = (grant: number, serial: number) => `refresh-${grant}-${serial}-${SECRET}`;
const accessToken = (grant: number, serial: number) => `access-${grant}-${serial}-${SECRET}`;

/**
 * What a provider with strict rotation knows: each refresh token works once, and a second use ends the grant (RFC 9700
 * §4.14.2). It judges what a fault has cost.
 */
export function createLedger(now: () => number = Date.now) {
  const grants = new Map<number, Grant>();
  const kills: Kill[] = [];

  /** The provider saw the end of the connection at the moment when it sent: its own turn came late on a busy machine. */
  const nobodyWasThere = ({ sentAt, readAt, closedAt }: Exchange) =>
    readAt === undefined &&
    sentAt !== undefined &&
    closedAt !== undefined &&
    closedAt - sentAt <= SAME_MOMENT;

  /** The process was killed before it can have read the answer, or while it was reading. */
  const onTheWire = (exchange: Exchange) =>
    kills.some(
      ({ from, to }) =>
        (nobodyWasThere(exchange) && from <= exchange.at && exchange.at <= to + LATE_TURN) ||
        (exchange.at <= to &&
          (exchange.readAt ?? Number.POSITIVE_INFINITY) >= from - INSTANT &&
          (exchange.closedAt ?? from) >= from - INSTANT &&
          (exchange.closedAt ?? from) <= to + NEWS),
    );

  return {
    grants,
    /** A consent. @returns the first tokens */
    grant(number: number) {
      grants.set(number, { number, newest: 0, alive: true, exchanges: [], reused: [] });
      return { accessToken: accessToken(number, 0), refreshToken: refreshToken(number, 0) };
    },
    newestToken: (number: number) => refreshToken(number, grants.get(number)?.newest ?? -1),
    /** The number of a refresh token among those of its grant; -1: it is none of them. */
    serialOf(number: number, token: string | undefined): number {
      const serial = Number(token?.split('-')[2] ?? -1);
      return token === refreshToken(number, serial) ? serial : -1;
    },
    /** The owner withdraws the consent. */
    revoke(number: number) {
      const grant = grants.get(number);
      if (grant) grant.alive = false;
    },
    /** Uses a refresh token. @returns null: invalid_grant */
    exchange(token: string) {
      const [, number = '', serial = ''] = token.split('-');
      const grant = grants.get(Number(number));
      if (!grant || token !== refreshToken(grant.number, Number(serial))) return null;
      const used = Number(serial);
      if (used !== grant.newest) {
        const first = grant.exchanges.find((exchange) => exchange.used === used);
        if (first) grant.reused.push(first);
        grant.alive = false;
      }
      if (!grant.alive) return null;
      const exchange: Exchange = { grant: grant.number, used, at: now(), withheld: false };
      grant.exchanges.push(exchange);
      grant.newest = used + 1;
      return {
        exchange,
        accessToken: accessToken(grant.number, used + 1),
        refreshToken: refreshToken(grant.number, used + 1),
      };
    },
    /** Call this right before a sidecar gets SIGKILL. @returns call that when it has ended */
    noteKill(): () => void {
      const kill: Kill = { from: now(), to: Number.POSITIVE_INFINITY };
      kills.push(kill);
      return () => {
        kill.to = now();
      };
    },
    /** Grants that were requested since, as their number -> how often. */
    exchangesSince: (time: number) =>
      [...grants.values()].map(({ number, exchanges }) => ({
        number,
        count: exchanges.filter(({ at }) => at >= time).length,
      })),
    /** Why the answer of an exchange never reached the database. */
    causeOf(exchange: Exchange | undefined): 'lost' | 'wire' | 'withheld' {
      if (exchange?.withheld) return 'withheld';
      return exchange && onTheWire(exchange) ? 'wire' : 'lost';
    },
  };
}

export type Ledger = ReturnType<typeof createLedger>;
