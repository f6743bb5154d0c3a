import { setTimeout as pause } from 'node:timers/promises';
import { RelayRefusal } from '../../domain/relay/relay-refusal.js';
import { policyOf } from '../../domain/token/renewal.js';
import type { RenewalRow } from '../../domain/token/renewal-store.js';
import { stateSentence } from '../../domain/token/state-sentence.js';
import { type StateKind, tokenState } from '../../domain/token/token-state.js';
import { codeOf } from '../../errors.js';
import { inTime } from '../../lib/in-time.js';
import { phrase } from '../../lib/phrase.js';
import { type RefreshTokenDeps, refreshToken } from '../refresh-token.js';

export interface TokenInTimeDeps extends RefreshTokenDeps {
  /** Writes a time as the helpdesk does. */
  showTime(at: Date): string;
  /** How long a client waits for a token, in milliseconds. */
  patience?: number;
  /** Renews; replaced in tests. */
  refresh?: typeof refreshToken;
}

/** Mail programs wait for half a minute or more. */
const PATIENCE = 25_000;
/** A token must be valid for so long to be used: the way to the provider takes a moment. Milliseconds. */
const MARGIN = 10_000;
/** A token that a mail server refuses is replaced at most this often: the fault is seldom the token's age. */
const BETWEEN_FORCED = 5 * 60_000;
/** How often the row is read while another process renews, in milliseconds. */
const LOOK = 500;
/** The user ID of the helpdesk's own background jobs. */
const SYSTEM_USER = 1;

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
const GONE = phrase('The token configuration of this mailbox was deleted.');

/**
 * Builds what gives a client a token that is valid now. If none is stored, it renews: once for all clients that
 * wait for the same configuration, through the same lease as every other renewal.
 */
export function createTokenInTime(deps: TokenInTimeDeps) {
  const { renewals, clock, settings, patience = PATIENCE, pause: wait = pause } = deps;
  const refresh = deps.refresh ?? refreshToken;
  const running = new Map<string, Promise<string>>();
  /** Configuration -> when a token was last replaced because a mail server refused it. */
  const forced = new Map<number, number>();

  async function read(configId: number): Promise<RenewalRow> {
    const row = await renewals.one(configId);
    if (!row) throw new RelayRefusal('action', GONE);
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
   * @returns isSettled: no renewal that is running can change it
   */
  async function refusal(
    row: RenewalRow,
    refused: string | null,
  ): Promise<{ error: RelayRefusal; isSettled: boolean }> {
    const now = clock();
    const policy = policyOf(await settings.current());
    const state = tokenState({ ...row, renewal: { ...row.renewal, mail: null } }, now, policy);
    const isPassing = PASSING.includes(state.kind);
    if (
      refused !== null &&
      (isPassing ? state.kind !== 'provider-unavailable' : !SETTLED.includes(state.kind))
    )
      return { error: new RelayRefusal('action', REFUSED), isSettled: false };
    const show = { time: deps.showTime, date: (day: Date) => day.toISOString().slice(0, 10) };
    const error = new RelayRefusal(isPassing ? 'passing' : 'action', stateSentence(state, show, now));
    return { error, isSettled: SETTLED.includes(state.kind) };
  }

  /** May a token that a mail server refused be replaced now? */
  function mayForce(configId: number): boolean {
    const now = clock().getTime();
    if (now - (forced.get(configId) ?? 0) < BETWEEN_FORCED) return false;
    forced.set(configId, now);
    return true;
  }

  async function obtain(configId: number, refused: string | null): Promise<string> {
    const end = performance.now() + patience;
    let before = await read(configId);
    let stored = usable(before, refused);
    // While no refresh token may be sent, the token can still come from another sidecar's journal.
    while (stored === null && deps.isQuiet?.()) {
      if (performance.now() + LOOK > end) throw new RelayRefusal('passing', QUIET);
      await wait(LOOK);
      before = await read(configId);
      stored = usable(before, refused);
    }
    if (stored !== null) return stored;
    if (refused !== null && !mayForce(configId)) throw (await refusal(before, refused)).error;
    const work = refresh(deps, { configId, userId: SYSTEM_USER, actor: null, force: refused !== null });
    const isBusy = await inTime(work, patience).then(
      ({ outcome }) => outcome === 'busy',
      (error) => BUSY.includes(codeOf(error)),
    );
    // A renewal that takes longer than the client's patience continues, and its token is stored.
    work.catch(() => undefined);
    for (;;) {
      const row = await read(configId);
      const token = usable(row, refused);
      if (token !== null) return token;
      const refusing = await refusal(row, refused);
      if (!refusing.isSettled && deps.isQuiet?.()) throw new RelayRefusal('passing', QUIET);
      // Only another process's renewal is worth waiting for, and only until somebody must act.
      if (!isBusy || refusing.isSettled || performance.now() + LOOK > end) throw refusing.error;
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
