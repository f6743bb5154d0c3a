import type { StateKind, TokenState } from './token-state.js';

/**
 * The one action that the overview offers first: the remedy of the state, or, if nothing is wrong, the next step towards
 * mail.
 */
export type NextAction = 'request-token' | 'renew' | 'edit' | 'test' | 'next-steps' | 'history';

export interface ActionFacts {
  /** Tokens come by client credentials, so nobody consents. */
  withoutPerson: boolean;
  /** A service account's key, and what has to be allowed for it, are on the page of the next steps. */
  hasServiceAccount?: boolean;
  /** The token can be renewed without a person. */
  renewable: boolean;
  /** Something uses the configuration. */
  used: boolean;
  /** One of its mailboxes can be tested. */
  testable: boolean;
}

/** States that an admin corrects in the form. */
const CORRECTED_IN_FORM: readonly StateKind[] = ['secret-ends', 'request-refused', 'switched-off'];

/** The main action of a row of the overview. Pure. */
export function nextAction(
  { kind, actor, works }: Pick<TokenState, 'kind' | 'actor' | 'works'>,
  { withoutPerson, hasServiceAccount = false, renewable, used, testable }: ActionFacts,
): NextAction {
  const byConsent: NextAction = !withoutPerson ? 'request-token' : renewable ? 'renew' : 'edit';
  switch (kind) {
    case 'mail-stopped':
    case 'mail-failing':
      return 'test';
    case 'expired':
    case 'overdue':
    case 'provider-unavailable':
      return renewable ? 'renew' : byConsent;
    case 'consent-needed':
    case 'scope-missing':
    case 'never-requested':
    case 'other-mailbox':
      return byConsent;
    case 'not-renewable':
      if (!works) return byConsent;
      break;
    case 'client-rejected':
      if (hasServiceAccount) return 'next-steps';
      return actor === 'owner' ? byConsent : 'edit';
    default:
      if (CORRECTED_IN_FORM.includes(kind)) return actor === 'owner' ? byConsent : 'edit';
  }
  if (!used) return 'next-steps';
  return testable ? 'test' : 'history';
}
