import type { Random } from '../../support/random.js';

const MINUTE = 60_000;
const HOUR = 60 * MINUTE;
/** The daemon starts a fetch of all accounts this often. */
const PERIOD = 10 * MINUTE;
/** How long the helpdesk takes a lock for one that is held; some helpdesks an hour, some ten minutes. */
const LOCKS = [10 * MINUTE + 1, HOUR] as const;
/** After this time, the helpdesk's own command kills a fetch and releases its lock. */
const LIMIT = 10 * MINUTE;

/** What may be wrong with a mail server. */
const FAULTS = {
  refused: { said: 'Auth error: 1 NO AUTHENTICATE failed.', longest: 6 * HOUR },
  closed: { said: "IMAP: Can't connect to HOST: Unable to connect to HOST:", longest: 8 * HOUR },
  busy: { said: 'Auth error: 1 NO [UNAVAILABLE] Server Unavailable. 15', longest: 5 * HOUR },
  full: { said: 'Auth error: 1 NO [OVERQUOTA] Mailbox is full', longest: 24 * HOUR },
  garbage: { said: `\u0000\u0007{"%s": ${'\ud800\u202e<b>x'.repeat(30)}`, longest: 4 * HOUR },
  /** It accepts and says nothing: the fetch of this account never ends, and holds back all others. */
  silent: { said: '', longest: 3 * HOUR },
} as const;
type Fault = keyof typeof FAULTS;

export interface LogRow {
  id: number;
  /** Text, as the helpdesk's column is; may be garbage. */
  account: string;
  at: number;
  status: 'Successful' | 'Failed' | 'Processing';
  said: string;
}

/** The truth about one mailbox. */
export interface TrueMailbox {
  id: number;
  fault: Fault | null;
  until: number;
  /** When its fetches since the last success failed. */
  failed: number[];
  /** Some of these were due to a cause that time does not cure. */
  lasting: number;
  /** When a fetch last ended, whatever came of it. */
  endedAt: number;
  succeededAt: number;
  /** Since when no fetch has ended, killed ones included. */
  hangsSince: number | null;
}

/**
 * A helpdesk that fetches mail, with a daemon that stops now and then, locks that are left over, mail servers with faults,
 * and a log that is purged, emptied, and full of what other programs write.
 */
export function createMailWorld({
  start,
  mailboxes,
  random,
}: {
  start: number;
  mailboxes: number;
  random: Random;
}) {
  let now = start;
  let lastId = 0;
  const log: LogRow[] = [];
  const world = {
    boxes: Array.from(
      { length: mailboxes },
      (_, at): TrueMailbox => ({
        id: at + 1,
        fault: null,
        until: 0,
        failed: [],
        lasting: 0,
        endedAt: start,
        succeededAt: start,
        hangsSince: null,
      }),
    ),
    log,
    /** When a process took the lock; null: nobody holds it. */
    lockSince: null as number | null,
    /** When the daemon last started the task. */
    startedAt: null as number | null,
    /** When the last fetch of any account began; null: none yet. */
    beganAt: null as number | null,
    /** The account whose fetch has not ended. */
    hanging: null as { box: TrueMailbox; row: LogRow; endsAt: number } | null,
    /** The account whose fetch did not end the last time; it may have ended since. */
    lastHung: null as TrueMailbox | null,
    lockLasts: LOCKS[0] as number,
    daemonUntil: 0,
    played: { faults: 0, hangs: 0, stops: 0, locks: 0, limited: 0, emptied: 0 },
    minute,
  };

  const write = (account: string, status: LogRow['status'], said = ''): LogRow => {
    const row = { id: ++lastId, account, at: now, status, said };
    log.push(row);
    return row;
  };

  function end(box: TrueMailbox, ok: boolean, said: string): void {
    box.endedAt = now;
    box.hangsSince = null;
    if (ok) {
      Object.assign(box, { failed: [], lasting: 0, succeededAt: now });
      return;
    }
    box.failed.push(now);
    if (said === FAULTS.refused.said || said === FAULTS.full.said) box.lasting++;
  }

  /** One run of the task: every account, one after the other. */
  function fetchAll(): void {
    world.lockSince = now;
    for (const box of world.boxes) {
      world.beganAt = now;
      if (box.fault === 'silent') {
        box.hangsSince ??= now;
        world.lastHung = box;
        // Started in another way than by this command, a fetch has no limit.
        const endsAt = random.chance(0.7) ? now + LIMIT + random.below(2) * MINUTE : Number.POSITIVE_INFINITY;
        world.hanging = { box, row: write(String(box.id), 'Processing'), endsAt };
        world.lockLasts = LOCKS[random.below(LOCKS.length)] as number;
        world.played.hangs++;
        return;
      }
      // A single failure happens, and is nobody's concern.
      const said = box.fault ? FAULTS[box.fault].said : random.chance(1 / 300) ? FAULTS.busy.said : null;
      write(String(box.id), said === null ? 'Successful' : 'Failed', said ?? '');
      end(box, said === null, said ?? '');
    }
    world.lockSince = null;
  }

  /** The server hangs up, or somebody ends the process. */
  function endHanging(): void {
    if (!world.hanging) return;
    const { box, row } = world.hanging;
    world.hanging = null;
    // A process that was killed leaves its row as it is, and its lock.
    if (random.chance(0.3)) {
      world.played.locks++;
      return;
    }
    row.status = 'Failed';
    row.said = 'Auth error: socket closed while reading data from server';
    end(box, false, row.said);
    world.lockSince = null;
  }

  function minute(at: number): void {
    now = at;
    if (world.hanging && world.hanging.endsAt <= now) {
      // Its row of the log stays as it is.
      world.hanging = null;
      world.lockSince = null;
      world.played.limited++;
    }
    for (const box of world.boxes) {
      if (box.fault && box.until <= now) {
        if (world.hanging?.box === box) endHanging();
        box.fault = null;
      }
      // One fault in about four days.
      if (!box.fault && random.chance(1 / (4 * 1440))) {
        const kinds = Object.keys(FAULTS) as Fault[];
        // One that stops all others is rarer.
        const kind = random.chance(0.1) ? 'silent' : (kinds[random.below(kinds.length - 1)] as Fault);
        box.fault = kind;
        box.until = now + random.between(5 * MINUTE, FAULTS[kind].longest);
        world.played.faults++;
      }
    }
    if (world.daemonUntil <= now && random.chance(1 / (4 * 1440))) {
      world.daemonUntil = now + random.between(5 * MINUTE, 5 * HOUR);
      world.played.stops++;
    }
    if (random.chance(1 / 60))
      write(['', 'abc', '-1', '1 OR 1=1', '4711'][random.below(5)] ?? '', 'Failed', '\u0000');
    if ((now - start) % PERIOD === 0 && world.daemonUntil <= now) {
      world.startedAt = now;
      if (world.lockSince === null || now - world.lockSince > world.lockLasts) {
        world.hanging = null;
        fetchAll();
      }
    }
    // The log is purged every night, and once in a while emptied as a whole.
    if ((now - start) % (24 * HOUR) === 3 * HOUR) {
      const kept = log.filter((row) => row.at > now - 24 * HOUR);
      const isEmptied = random.chance(1 / 20) && !world.hanging;
      if (isEmptied) {
        lastId = 0;
        // Nothing shows any more that a fetch had begun.
        for (const box of world.boxes) box.hangsSince = null;
        world.played.emptied++;
      }
      log.splice(0, log.length, ...(isEmptied ? [] : kept));
    }
  }

  return world;
}

export type MailWorld = ReturnType<typeof createMailWorld>;
