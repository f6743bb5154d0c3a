import { hostOf } from '../../lib/host-of.js';
import type { TokenConfigDocument } from '../configuration/token-config.js';
import { MUTED } from '../mailbox/told-mailbox.js';
import { tokenUrl } from '../provider/provider.js';
import { ATTENTION, rankOf, type StateKind, type TokenState } from './token-state.js';

/** The rank of what nobody needs to act on. */
const WELL = rankOf({ severity: 'ok', works: true });

/** What is stored of a state, so that the database can filter, sort and count by it. */
export interface StateMark {
  /** `renewing` is stored as `valid`. */
  kind: StateKind;
  rank: number;
  /** The bar shows it: one of its switches is on. */
  notice: boolean;
  endsAt: Date | null;
  /** Host of the token endpoint. */
  provider: string;
  /** What is announced of the token: its own state, or `muted` in place of one that needs attention. */
  told: { kind: StateKind | typeof MUTED; rank: number };
}

/** Perl treats 0, '0', '' and a missing value as off. */
const isOn = (value: unknown): boolean => ![undefined, null, false, '', '0', 0].includes(value as never);

/**
 * Does the bar show the state? A mailbox that has stopped is always shown; the configuration's own switches decide on
 * everything else, and an admin may mute mailboxes.
 */
export const isNoticed = (
  { notices, stopsMail, isMuted }: Pick<TokenState, 'notices' | 'stopsMail' | 'isMuted'>,
  document: TokenConfigDocument,
): boolean => !isMuted && (stopsMail || notices.some((name) => isOn(document.Notifications?.[name])));

/** What is announced of a token: an admin who has muted all of its mailboxes wants to hear nothing of it. */
function toldOf({ ofToken, works, isMuted }: TokenState): StateMark['told'] {
  const kind = ofToken.kind === 'renewing' ? 'valid' : ofToken.kind;
  const rank = rankOf({ ...ofToken, works });
  return isMuted && rank <= ATTENTION ? { kind: MUTED, rank: WELL } : { kind, rank };
}

export const markOf = (state: TokenState, document: TokenConfigDocument): StateMark => ({
  kind: state.kind === 'renewing' ? 'valid' : state.kind,
  rank: rankOf(state),
  notice: isNoticed(state, document),
  endsAt: state.endsAt,
  provider: hostOf(tokenUrl(document)),
  told: toldOf(state),
});
