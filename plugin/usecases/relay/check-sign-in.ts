import { createHmac, randomBytes } from 'node:crypto';
import { setTimeout as pause } from 'node:timers/promises';
import type { Clock } from '../../domain/clock.js';
import type { Log } from '../../domain/log.js';
import type { FailedSignIns } from '../../domain/relay/failed-sign-ins.js';
import {
  isSameLogin,
  type RelayPassword,
  type RelayPasswordStore,
  type StoredRelayPassword,
  selectorOf,
} from '../../domain/relay/relay-password.js';
import { RelayRefusal } from '../../domain/relay/relay-refusal.js';
import { codeOf } from '../../errors.js';
import { passwordMatches } from '../../lib/password-hash.js';
import { phrase } from '../../lib/phrase.js';
import { isLoopback } from '../../lib/safe-address.js';
import { createTurns, type Turns } from '../../lib/turns.js';

export interface SignInRequest {
  login: string;
  password: string;
  /** The client's address; '' for a Unix socket. */
  address: string;
  /** Aborted when the client has left or the time for its sign-in is over. */
  signal?: AbortSignal | undefined;
}

export interface CheckSignInDeps {
  relayPasswords: Pick<RelayPasswordStore, 'find' | 'noteUse'>;
  failedSignIns: FailedSignIns;
  clock: Clock;
  log: Log;
  /** Waits; replaced in tests. */
  pause?: (ms: number, signal?: AbortSignal) => Promise<void>;
}

/** How many hashes are computed at once; all others wait. Each takes 8 MB. */
const MOST_HASHES = 2;
/** How many sign-ins of one user name from one address wait while failures delay them. */
const MOST_WAITING = 5;
/** How exact the time of the last use is, in milliseconds, so that busy clients do not write at each sign-in. */
const USE_STEP = 60_000;

const WRONG = phrase('Wrong user name or relay password.');
const BUSY = phrase('Too many sign-ins with this user name are waiting. Try again in a moment.');

/** All programs of this machine share its addresses: one with a wrong password must not delay the others. */
const isOwn = (address: string): boolean => address === '' || isLoopback(address);

/**
 * Builds the check of a client's user name and relay password. Each check reads the row, and reads it again after the client
 * had to wait, so a revoked password fails at once. A password that was right before is recognised by a keyed digest in
 * memory and needs no scrypt; it is not delayed by the failures of others either. Sign-ins of one user name from one
 * address are examined one after the other, so that many at once do not escape the delay; while there is a delay, only a few
 * wait, so that one program with a wrong password does not use up the connections of all.
 * @throws (the check) RelayRefusal credentials, or passing: too many wait, or the signal was aborted; SidecarError of the
 *   database
 */
export function createSignInCheck(deps: CheckSignInDeps) {
  const { relayPasswords, failedSignIns, clock, log } = deps;
  const wait = deps.pause ?? ((ms: number, signal?: AbortSignal) => pause(ms, undefined, { signal }));
  const key = randomBytes(32);
  const digest = (password: string, { id, hash }: StoredRelayPassword): string =>
    createHmac('sha256', key).update(`${id} ${hash} ${password}`).digest('base64');
  /** ID of a relay password -> digest of the password that was right. */
  const known = new Map<number, string>();
  const hashing = createTurns(MOST_HASHES);
  /** User name and address -> the sign-ins that are examined or wait. */
  const queues = new Map<string, Turns>();

  function find({ password }: SignInRequest): Promise<StoredRelayPassword | null> {
    const selector = selectorOf(password);
    return selector === null ? Promise.resolve(null) : relayPasswords.find(selector);
  }

  function noteUse(stored: StoredRelayPassword): void {
    const now = clock();
    if (stored.lastUsedAt && now.getTime() - stored.lastUsedAt.getTime() < USE_STEP) return;
    relayPasswords
      .noteUse(stored.id, now)
      .catch((error) => log.warn({ code: codeOf(error) }, 'the use of a relay password was not noted'));
  }

  const isKnown = (request: SignInRequest, stored: StoredRelayPassword): boolean =>
    isSameLogin(request.login, stored.login) && known.get(stored.id) === digest(request.password, stored);

  async function isRight(request: SignInRequest, stored: StoredRelayPassword | null): Promise<boolean> {
    const { login, password, signal } = request;
    const matches = await hashing.run(() => passwordMatches(password, stored?.hash ?? null), signal);
    return matches && stored !== null && isSameLogin(login, stored.login);
  }

  /** Takes its turn in the queue of its user name and address. */
  async function examine(request: SignInRequest, stored: StoredRelayPassword | null) {
    const { address, signal } = request;
    const login = `login ${request.login.trim().toLowerCase().slice(0, 250)}`;
    const keys = isOwn(address) ? [login] : [login, `address ${address}`];
    const name = `${login} ${address}`;
    const queue = queues.get(name) ?? createTurns(1);
    queues.set(name, queue);

    async function inTurn(): Promise<StoredRelayPassword> {
      // Another connection of the same client may have been examined meanwhile.
      const isSeen = stored !== null && isKnown(request, stored);
      const delay = isSeen ? 0 : failedSignIns.delay(keys);
      if (delay > 0) {
        if (queue.size() > MOST_WAITING) throw new RelayRefusal('passing', BUSY);
        await wait(delay, signal);
      }
      const current = isSeen || (await isRight(request, stored)) ? await find(request) : null;
      if (stored === null || current?.id !== stored.id || current.hash !== stored.hash) {
        failedSignIns.note(keys);
        throw new RelayRefusal('credentials', WRONG);
      }
      known.set(current.id, digest(request.password, current));
      failedSignIns.forget(keys);
      return current;
    }

    try {
      if (queue.size() >= MOST_WAITING && failedSignIns.delay(keys) > 0)
        throw new RelayRefusal('passing', BUSY);
      return await queue.run(inTurn, signal);
    } finally {
      if (queue.size() === 0 && queues.get(name) === queue) queues.delete(name);
    }
  }

  return async function checkSignIn(request: SignInRequest): Promise<RelayPassword> {
    try {
      const stored = await find(request);
      const password = stored && isKnown(request, stored) ? stored : await examine(request, stored);
      request.signal?.throwIfAborted();
      noteUse(password);
      return password;
    } catch (error) {
      // Nobody is told any more.
      if (request.signal?.aborted) throw new RelayRefusal('passing', BUSY);
      throw error;
    }
  };
}
