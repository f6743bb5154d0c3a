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

export interface SignInRequest {
  login: string;
  password: string;
  /** The client's address; '' for a Unix socket. */
  address: string;
}

export interface CheckSignInDeps {
  relayPasswords: Pick<RelayPasswordStore, 'find' | 'noteUse'>;
  failedSignIns: FailedSignIns;
  clock: Clock;
  log: Log;
  /** Waits; replaced in tests. */
  pause?: (ms: number) => Promise<void>;
}

/** How many hashes are computed at once; all others wait. Each takes 8 MB. */
const MOST_HASHES = 2;
/** How exact the time of the last use is, in milliseconds, so that busy clients do not write at each sign-in. */
const USE_STEP = 60_000;

const WRONG = phrase('Wrong user name or relay password.');

/** Runs a few pieces of work at a time, in the order in which they were given. */
function inTurn(most: number) {
  const waiting: (() => void)[] = [];
  let running = 0;
  return async <T>(work: () => Promise<T>): Promise<T> => {
    if (running >= most) await new Promise<void>((resolve) => waiting.push(resolve));
    else running++;
    try {
      return await work();
    } finally {
      const next = waiting.shift();
      if (next) next();
      else running--;
    }
  };
}

/** Runs work with the same key one after the other, and work with different keys side by side. */
function oneByOne() {
  const last = new Map<string, Promise<unknown>>();
  return <T>(key: string, work: () => Promise<T>): Promise<T> => {
    const result = (last.get(key) ?? Promise.resolve()).then(work);
    const end = result
      .catch(() => undefined)
      .finally(() => {
        if (last.get(key) === end) last.delete(key);
      });
    last.set(key, end);
    return result;
  };
}

/**
 * Builds the check of a client's user name and relay password. Each check reads the row, so a revoked password
 * fails at once. A password that was right before is recognised by a keyed digest in memory and needs no
 * scrypt; it is not delayed by the failures of others either. Sign-ins of one user name from one address are examined one
 * after the other, so that many at once do not escape the delay.
 * @throws (the check) RelayRefusal credentials; SidecarError of the database
 */
export function createSignInCheck(deps: CheckSignInDeps) {
  const { relayPasswords, failedSignIns, clock, log, pause: wait = pause } = deps;
  const key = randomBytes(32);
  const digest = (password: string, { id, hash }: StoredRelayPassword): string =>
    createHmac('sha256', key).update(`${id} ${hash} ${password}`).digest('base64');
  /** ID of a relay password -> digest of the password that was right. */
  const known = new Map<number, string>();
  const hashing = inTurn(MOST_HASHES);
  const inOrder = oneByOne();

  async function isRight(request: SignInRequest, stored: StoredRelayPassword | null): Promise<boolean> {
    const { login, password } = request;
    const matches = await hashing(() => passwordMatches(password, stored?.hash ?? null));
    return matches && stored !== null && isSameLogin(login, stored.login);
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

  function examine(request: SignInRequest, stored: StoredRelayPassword | null): Promise<StoredRelayPassword> {
    const keys = [`login ${request.login.trim().toLowerCase().slice(0, 250)}`, `address ${request.address}`];
    return inOrder(keys.join(' '), async () => {
      // Another connection of the same client may have been examined meanwhile.
      if (stored && isKnown(request, stored)) return stored;
      const delay = failedSignIns.delay(keys);
      if (delay > 0) await wait(delay);
      if (!(await isRight(request, stored)) || stored === null) {
        failedSignIns.note(keys);
        throw new RelayRefusal('credentials', WRONG);
      }
      known.set(stored.id, digest(request.password, stored));
      failedSignIns.forget(keys);
      return stored;
    });
  }

  return async function checkSignIn(request: SignInRequest): Promise<RelayPassword> {
    const selector = selectorOf(request.password);
    const stored = selector === null ? null : await relayPasswords.find(selector);
    const password = stored && isKnown(request, stored) ? stored : await examine(request, stored);
    noteUse(password);
    return password;
  };
}
