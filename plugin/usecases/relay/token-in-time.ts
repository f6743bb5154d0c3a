import { setTimeout as pause } from 'node:timers/promises';
import { SYSTEM_USER } from '../../domain/helpdesk/system-user.js';
import { CONFIGURATION_GONE, RelayRefusal } from '../../domain/relay/relay-refusal.js';
import { HELD_OFF, helpdeskMayRefresh } from '../../domain/token/helpdesk-refresh.js';
import { policyOf } from '../../domain/token/renewal.js';
import type { RenewalRow } from '../../domain/token/renewal-store.js';
import { stateSentence } from '../../domain/token/state-sentence.js';
import { type StateKind, tokenState } from '../../domain/token/token-state.js';
import { codeOf, SidecarError } from '../../errors.js';
import { inTime, TimeOut } from '../../lib/in-time.js';
import { phrase } from '../../lib/phrase.js';
import {
  type RefreshOutcome,
  type RefreshTokenDeps,
  type RefreshTokenInput,
  refreshToken,
} from '../refresh-token.js';

/** `row` led to the renewal. */
export type RefreshInTurn = (
  deps: RefreshTokenDeps,
  input: RefreshTokenInput & { row: RenewalRow },
) => Promise<RefreshOutcome>;

/** What the relay's renewals take. */
export type RelayRenewals = RefreshTokenDeps & { refresh: RefreshInTurn };

export interface TokenInTimeDeps extends RefreshTokenDeps {
  /** Writes a time as the helpdesk does. */
  showTime(at: Date): string;
  /**
   * How long to wait for a refresh that the helpdesk has started with an expired token, in milliseconds.
   * Default 0: there is no helpdesk.
   */
  helpdeskRefresh?: number;
  /** How long a client waits for a token, in milliseconds. */
  patience?: number;
  /** Renews in its turn, because clients of many configurations may come at once; default: at once. */
  refresh?: RefreshInTurn;
}

/** Mail programs wait for half a minute or more. */
const PATIENCE = 25_000;
/** A token must be valid for so long to be used: the way to the provider takes a moment. Milliseconds. */
const MARGIN = 10_000;
/**
 * A token that a mail server refuses is replaced at most this often, because the fault is seldom the token's age.
 * While the server refuses the new tokens as well, each interval is twice as long as the one before, up to the
 * longest. Milliseconds.
 */
const BETWEEN_FORCED = 5 * 60_000;
const LONGEST_BETWEEN_FORCED = 6 * 3_600_000;
/** After so many milliseconds without a refused token, the first interval applies again. */
const FORGOTTEN = 3_600_000;
/** How often the row is read while another process renews, in milliseconds. */
const LOOK = 500;

/** States that pass by themselves. */
const PASSING: readonly StateKind[] = ['provider-unavailable', 'expired', 'overdue', 'renewing', 'valid'];

/** States that end only when somebody acts; they also explain why a mail server refuses a token that is not over. */
const SETTLED: readonly StateKind[] = [
  'consent-needed',
  'client-rejected',
  'request-refused',
  'switched-off',
];
/** A renewal for a token that must be replaced fails with these while another process renews it. */
const BUSY: readonly string[] = ['renewal-running', 'answer-waiting'];

const REFUSED = phrase(
  'The mail server refuses the token of this mailbox, and a new token as well. Test the mailbox in the sidecar.',
);
const QUIET = phrase(
  'The database was unavailable a moment ago, so no token is renewed for half a minute. Try again then.',
);
/** Nobody knows yet whether the mail server accepts the new token. */
const RENEWING = new SidecarError('renewal-running').safe;

/** How often the tokens of a configuration are replaced because a mail server refuses them. */
interface Forced {
  /** When one was last replaced, and when one was last refused. */
  at: number;
  refusedAt: number;
  /** Milliseconds up to the next replacement. */
  between: number;
}

/**
 * Builds what gives a client a token that is valid now. If none is stored, it renews: once for all clients that
 * wait for the same configuration, through the same lease as every other renewal.
 */
export function createTokenInTime(deps: TokenInTimeDeps) {
  const { renewals, clock, settings, patience = PATIENCE, helpdeskRefresh = 0 } = deps;
  const wait = deps.pause ?? pause;
  const refresh = deps.refresh ?? refreshToken;
  const elapsed = deps.elapsed ?? (() => performance.now());
  const running = new Map<string, Promise<string>>();
  /** By the ID of the configuration. */
  const forced = new Map<number, Forced>();

  async function read(configId: number): Promise<RenewalRow> {
    const row = await renewals.one(configId);
    if (!row) throw new RelayRefusal('action', CONFIGURATION_GONE);
    return row;
  }

  /** The stored access token if it can be used now. */
  function usable({ config, token }: RenewalRow, refused: string | null): string | null {
    const { accessToken, accessTokenExpiresAt: end } = token;
    if (config.validId !== 1 || accessToken === null || accessToken === refused) return null;
    return end === null || end.getTime() - clock().getTime() > MARGIN ? accessToken : null;
  }

  /**
   * Says what the overview says of the token; the state of mail does not matter here.
   * @param isRunning a renewal has begun and has not ended
   * @returns isSettled: no renewal that is running can change it
   */
  async function refusal(
    row: RenewalRow,
    refused: string | null,
    isRunning = false,
  ): Promise<{ error: RelayRefusal; isSettled: boolean }> {
    const now = clock();
    const policy = policyOf(await settings.current());
    const state = tokenState({ ...row, renewal: { ...row.renewal, mail: null } }, now, policy);
    const isPassing = PASSING.includes(state.kind);
    if (
      refused !== null &&
      (isPassing ? state.kind !== 'provider-unavailable' : !SETTLED.includes(state.kind))
    )
      return {
        error: isRunning ? new RelayRefusal('passing', RENEWING) : new RelayRefusal('action', REFUSED),
        isSettled: false,
      };
    const show = { time: deps.showTime, date: (day: Date) => day.toISOString().slice(0, 10) };
    const error = new RelayRefusal(isPassing ? 'passing' : 'action', stateSentence(state, show, now));
    return { error, isSettled: SETTLED.includes(state.kind) };
  }

  /**
   * Notes that a mail server has refused a token, and that the token is now replaced.
   * @returns takes the second note back if nothing was sent; null: it must not be replaced yet
   */
  function beginForced(configId: number): (() => void) | null {
    const now = clock().getTime();
    const noted = forced.get(configId);
    const last = noted && now - noted.refusedAt <= FORGOTTEN ? noted : null;
    if (last && now - last.at < last.between) {
      last.refusedAt = now;
      return null;
    }
    const between = last ? Math.min(2 * last.between, LONGEST_BETWEEN_FORCED) : BETWEEN_FORCED;
    forced.set(configId, { at: now, refusedAt: now, between });
    return () => void (last ? forced.set(configId, last) : forced.delete(configId));
  }

  /**
   * Renews.
   * @param takeBack of beginForced; null: nothing forces the renewal
   * @param end when the client's patience ends
   * @returns isBusy: another process renews; isLate: the renewal continues
   */
  async function renew(row: RenewalRow, takeBack: (() => void) | null, end: number) {
    const force = takeBack !== null;
    const input = { configId: row.config.id, userId: SYSTEM_USER, actor: null, force, row };
    // A renewal that takes longer than the client's patience continues, and its token is stored.
    const work = refresh(deps, input).then(
      ({ outcome }) => {
        if (outcome !== 'renewed') takeBack?.();
        return outcome === 'busy';
      },
      (error) => {
        if (!BUSY.includes(codeOf(error))) return false;
        takeBack?.();
        return true;
      },
    );
    const done = await inTime(work, Math.max(0, end - elapsed())).catch((error: TimeOut) => error);
    return { isBusy: done === true, isLate: done instanceof TimeOut };
  }

  /**
   * Waits for a refresh that the helpdesk itself may have started because the token has expired; meanwhile it starts none.
   * @returns the row after that
   */
  async function afterHelpdesk(row: RenewalRow): Promise<RenewalRow> {
    const now = clock();
    if (helpdeskRefresh === 0 || !helpdeskMayRefresh(row, now)) return row;
    await renewals.holdOff([row.config.id], now, new Date(now.getTime() + HELD_OFF));
    await wait(helpdeskRefresh);
    return read(row.config.id);
  }

  async function obtain(configId: number, refused: string | null): Promise<string> {
    const end = elapsed() + patience;
    let before = await read(configId);
    let stored = usable(before, refused);
    // While no refresh token may be sent, the token can still come from another sidecar's journal.
    while (stored === null && deps.isQuiet?.()) {
      if (elapsed() + LOOK > end) throw new RelayRefusal('passing', QUIET);
      await wait(LOOK);
      before = await read(configId);
      stored = usable(before, refused);
    }
    if (stored !== null) return stored;
    // From here on the row may say that this token still works, to keep the helpdesk from renewing it.
    const outdated = refused ?? before.token.accessToken;
    before = await afterHelpdesk(before);
    stored = usable(before, outdated);
    if (stored !== null) return stored;
    let takeBack: (() => void) | null = null;
    if (refused !== null) {
      const known = await refusal(before, refused);
      // No new token can come before somebody acts, and none may where the configuration is switched off.
      if (!known.isSettled) takeBack = beginForced(configId);
      if (!takeBack) throw known.error;
    }
    const { isBusy, isLate } = await renew(before, takeBack, end);
    for (;;) {
      const row = await read(configId);
      const token = usable(row, outdated);
      if (token !== null) return token;
      const refusing = await refusal(row, refused, isBusy || isLate);
      if (!refusing.isSettled && deps.isQuiet?.()) throw new RelayRefusal('passing', QUIET);
      // Only another process's renewal is worth waiting for, and only until somebody must act.
      if (!isBusy || refusing.isSettled || elapsed() + LOOK > end) throw refusing.error;
      await wait(LOOK);
    }
  }

  /**
   * @param refused the access token that the mail server has just refused; null: none
   * @throws RelayRefusal with the sentence of the overview; SidecarError of the database
   */
  return function tokenInTime(configId: number, refused: string | null = null): Promise<string> {
    const key = `${configId} ${refused ?? ''}`;
    const shared = running.get(key);
    if (shared) return shared;
    const work = obtain(configId, refused).finally(() => running.delete(key));
    running.set(key, work);
    return work;
  };
}
