import type { Actor } from '../actor.js';
import { isClientCredentials, renewalUrl } from '../configuration/auth-flow.js';
import { credentialEnd } from '../configuration/certificates.js';
import { mailScopes } from '../consent/granted-scopes.js';
import { actorOf } from '../mailbox/fetch-cause.js';
import type { MailUse } from '../mailbox/mail-use.js';
import { type Explanation, type FailureWords, readMarkedError } from '../provider/explain-provider-error.js';
import type { LostAnswer } from '../provider/lost-answer.js';
import { type Provider, providerOf, tokenUrl } from '../provider/provider.js';
import { classify, type ProviderOutcome, withoutGrant } from '../provider/provider-error.js';
import { SEVERITIES, type Severity } from '../severity.js';
import {
  decide,
  leadOf,
  type Renewable,
  type RenewalPolicy,
  type RenewalReason,
  USUAL_POLICY,
} from './renewal.js';
import { causeOfState } from './state-cause.js';
import type { StoredToken } from './token.js';

/** The states of a configuration, most urgent first, named as people would search for them. */
export const STATE_KINDS = [
  'mail-stopped',
  'consent-needed',
  'client-rejected',
  'request-refused',
  'scope-missing',
  'expired',
  'mail-failing',
  'overdue',
  'provider-unavailable',
  'not-renewable',
  'secret-ends',
  'other-mailbox',
  'renewing',
  'never-requested',
  'valid',
  'switched-off',
] as const;
export type StateKind = (typeof STATE_KINDS)[number];

/** The configuration's own switches; one must be on for the bar to show the state. */
type NoticeSwitch = 'NotifyOnExpiredToken' | 'NotifyOnExpiredRefreshToken';

export interface TokenState {
  kind: StateKind;
  severity: Severity;
  actor: Actor;
  /** The stored access token works at this moment. */
  works: boolean;
  /** Expiry of the access token; null: there is none, or it never expires. */
  endsAt: Date | null;
  /**
   * When the renewal service next sends a request to the provider; null: not before somebody changes
   * something.
   */
  nextAt: Date | null;
  /** When the renewal should have happened, if it has not (overdue, expired). */
  dueSince: Date | null;
  /** Since when the renewal has been failing; null: unknown. */
  failingSince: Date | null;
  /** The failure behind it, for `explainFailure`. */
  failure: Required<FailureWords> | null;
  /** What the failure means, if the state is due to it. */
  cause: Explanation | null;
  /** How an answer was lost, if that ended the grant. */
  lostAnswer: LostAnswer | null;
  /** Midnight UTC of the day on which the client secret, as entered by an admin, or a certificate expires. */
  secretEndsAt: Date | null;
  /** Which of them ends then. */
  endingCredential: 'secret' | 'certificate';
  /** Login of the mailbox that uses another user's token; null: none does. */
  otherMailbox: string | null;
  /** The requested scopes for mail that the provider did not grant. */
  missingScopes: readonly string[];
  /** The provider whose instructions apply. */
  provider: Provider;
  /** The reason of the decision whether to renew. */
  reason: RenewalReason;
  /** Expiry of the refresh token; null: there is no refresh token, or its expiry is unknown. */
  refreshEndsAt: Date | null;
  /** The configuration's switches that let the bar show it; empty: they do not decide on it. */
  notices: readonly NoticeSwitch[];
  /** A mailbox has stopped: the bar shows it whatever the switches say. */
  stopsMail: boolean;
  /** An admin has muted every mailbox that uses the token: the bar shows nothing. */
  isMuted: boolean;
  /** What is wrong with the mail of a mailbox; null: nothing, or not known. */
  mail: MailUse | null;
  /** The state of the token alone, whatever its mailboxes do. */
  ofToken: { kind: StateKind; severity: Severity };
  /** When time alone may change this; null: never. */
  changesAt: Date | null;
}

export interface TokenSubject extends Renewable {
  /**
   * Something uses the token: mail accounts, outbound e-mail, web services. If nothing does, no mail stops, so nothing
   * is worse than a warning. Missing: not known.
   */
  used?: boolean;
}

const MINUTE = 60_000;
const DAY = 24 * 60 * MINUTE;
/** How long before the client secret expires it is shown, and when it becomes urgent. */
export const SECRET_WARNINGS = { info: 30 * DAY, warning: 14 * DAY, error: 3 * DAY } as const;

/** How much later than due a renewal may be before it counts as missed. */
const graceOf = (lead: number) => Math.max(MINUTE, Math.min(5 * MINUTE, lead / 2));

/** The current failure: the one we stored, or else what the helpdesk's Perl has left in the row. */
function failureOf({
  config,
  token,
  renewal,
}: Renewable): { outcome: ProviderOutcome; words: Required<FailureWords> } | null {
  const written = token.errorMessage ?? token.errorCode;
  const { outcome } = renewal;
  const isOurs = outcome !== null && outcome !== 'renewed';
  if (!isOurs && written === null) return null;
  const { error, codes } = readMarkedError((isOurs ? renewal.error : null) ?? written ?? '');
  // A passing fault leaves the row as it is, which may describe an earlier failure.
  const isSame = written === null || written === error;
  const description = isSame ? (token.errorDescription ?? '') : '';
  const words = {
    error,
    description,
    codes: [codes, isSame ? token.errorCode : ''].filter(Boolean).join(' '),
  };
  return { outcome: isOurs ? outcome : withoutGrant(classify(error, 400, words), config.document), words };
}

const isOver = (date: Date | null, now: Date) => date !== null && date <= now;

type Judgement = Pick<TokenState, 'kind' | 'severity' | 'actor'> & { notices?: readonly NoticeSwitch[] };

const TOKEN: readonly NoticeSwitch[] = ['NotifyOnExpiredToken'];
const REFRESH: readonly NoticeSwitch[] = ['NotifyOnExpiredRefreshToken'];
const EITHER: readonly NoticeSwitch[] = [...TOKEN, ...REFRESH];

/** What a failure of the provider means. */
function judgeFailure(outcome: ProviderOutcome, works: boolean, near: boolean): Judgement {
  const severity = works ? 'warning' : 'error';
  switch (outcome) {
    case 'grant-dead':
      return { kind: 'consent-needed', severity, actor: 'owner', notices: works ? REFRESH : EITHER };
    case 'client-rejected':
      return { kind: 'client-rejected', severity, actor: 'admin', notices: EITHER };
    case 'refused':
      return { kind: 'request-refused', severity, actor: 'admin', notices: EITHER };
    default:
      // Passes without help; the bar shows it only when the token is about to expire.
      return works && !near
        ? { kind: 'provider-unavailable', severity: 'info', actor: 'provider' }
        : { kind: 'provider-unavailable', severity, actor: 'provider', notices: TOKEN };
  }
}

function judgeSecret(endsAt: Date | null, now: Date): Judgement | null {
  if (!endsAt) return null;
  const left = endsAt.getTime() - now.getTime();
  const severity = (['error', 'warning', 'info'] as const).find((level) => left <= SECRET_WARNINGS[level]);
  return severity ? { kind: 'secret-ends', severity, actor: 'admin', notices: EITHER } : null;
}

/** The state of a mailbox whose mail does not come or go; null: none, or the token's own state is as urgent. */
function judgeMail({ renewal: { mail }, config }: TokenSubject, token: Judgement, works: boolean): Judgement {
  const trouble = mail?.trouble;
  if (!trouble || config.validId !== 1) return token;
  const { severity } = trouble;
  const kind = severity === 'error' ? 'mail-stopped' : 'mail-failing';
  const found: Judgement = { kind, severity, actor: actorOf(trouble.cause) };
  return rankOf({ ...token, works }) <= rankOf({ ...found, works: false }) ? token : found;
}

const hasFailed = ({ errorMessage, errorCode }: StoredToken) => errorMessage !== null || errorCode !== null;

/**
 * Determines a configuration's state, who must act, and how long the result is true. Overview, bar, history,
 * command line and metrics all use it; state-sentence.ts puts it into words. Pure.
 */
export function tokenState(
  subject: TokenSubject,
  now: Date,
  policy: RenewalPolicy = USUAL_POLICY,
): TokenState {
  const { config, token, renewal } = subject;
  const decision = decide(subject, now, policy);
  const endsAt = token.accessToken ? token.accessTokenExpiresAt : null;
  const works = token.accessToken !== null && !isOver(endsAt, now);
  const lead = leadOf(token, renewal.receivedAt, policy);
  const due = endsAt && new Date(Math.ceil(endsAt.getTime() - lead));
  const late = due && new Date(Math.ceil(due.getTime() + graceOf(lead)));
  const nearEnd = due && new Date(Math.ceil(due.getTime() + lead / 2));
  const near = isOver(nearEnd, now);
  const failure = failureOf(subject);
  const ending = credentialEnd(config.document);
  const secretEnd = ending?.end ?? null;
  const forMail = mailScopes(config.document);
  const missing = forMail.filter((scope) => renewal.missingScopes.includes(scope));

  function judge(): Judgement {
    switch (decision.reason) {
      case 'switched_off':
        return { kind: 'switched-off', severity: 'ok', actor: 'nobody' };
      case 'never_fetched':
        if (hasFailed(token)) return judgeFailure('grant-dead', false, true);
        if (missing.length > 0)
          return { kind: 'scope-missing', severity: 'error', actor: 'owner', notices: EITHER };
        return { kind: 'never-requested', severity: subject.used ? 'warning' : 'info', actor: 'owner' };
      case 'grant_dead':
      case 'refresh_token_expired':
      case 'no_refresh_token':
        return judgeFailure('grant-dead', works, near);
    }
    if (decision.reason === 'invalid_config' && renewalUrl(config.document) === '') {
      if (isClientCredentials(config.document)) return judgeFailure('refused', works, near);
      return token.accessToken === null
        ? { kind: 'never-requested', severity: subject.used ? 'warning' : 'info', actor: 'owner' }
        : works
          ? { kind: 'not-renewable', severity: 'info', actor: 'nobody' }
          : { kind: 'not-renewable', severity: 'error', actor: 'owner', notices: TOKEN };
    }
    if (failure) return judgeFailure(failure.outcome, works, near);
    if (!works)
      return isOver(late, now)
        ? { kind: 'expired', severity: 'error', actor: 'admin', notices: TOKEN }
        : { kind: 'expired', severity: 'warning', actor: 'nobody', notices: late ? [] : TOKEN };
    if (missing.length > 0) {
      // Which of several protocols a mailbox uses, the token does not tell.
      const severity = missing.length === forMail.length ? 'error' : 'warning';
      return { kind: 'scope-missing', severity, actor: 'owner', notices: EITHER };
    }
    if (isOver(late, now)) return { kind: 'overdue', severity: 'warning', actor: 'admin', notices: TOKEN };
    const secret = judgeSecret(secretEnd, now);
    if (secret && secret.severity !== 'info') return secret;
    // Mail arrives if the provider permits it, so this is a warning until an admin marks the mailbox as
    // shared.
    if (renewal.otherMailbox !== null)
      return { kind: 'other-mailbox', severity: 'warning', actor: 'admin', notices: EITHER };
    if (secret) return secret;
    return { kind: decision.renew ? 'renewing' : 'valid', severity: 'ok', actor: 'nobody' };
  }

  const ofToken = judge();
  const judged = judgeMail(subject, ofToken, works);
  const judgement: Judgement =
    subject.used === false && judged.severity === 'error' ? { ...judged, severity: 'warning' } : judged;
  const { mail } = renewal;
  const isOfMail = judgement.kind === 'mail-stopped' || judgement.kind === 'mail-failing';
  const isUseless = !works || judgement.kind === 'scope-missing';
  const off = judgement.kind === 'switched-off';
  const turns = [
    endsAt,
    due,
    late,
    nearEnd,
    decision.at,
    token.refreshTokenExpiresAt,
    ...(secretEnd
      ? [0, ...Object.values(SECRET_WARNINGS)].map((ahead) => new Date(secretEnd.getTime() - ahead))
      : []),
  ].flatMap((date) => (date && date > now ? [date.getTime()] : []));
  const lostAnswer = failure?.outcome === 'grant-dead' ? renewal.lostAnswer : null;
  const words = failure?.words ?? null;
  const cause = causeOfState({ kind: judgement.kind, reason: decision.reason, failure: words, lostAnswer });
  return {
    ...judgement,
    actor: cause && cause.who !== 'nobody' ? cause.who : judgement.actor,
    works,
    endsAt,
    nextAt: decision.at,
    dueSince: isOver(due, now) ? due : null,
    failingSince: failure && (renewal.failingSince ?? token.changeTime),
    provider: providerOf(tokenUrl(config.document)),
    reason: decision.reason,
    refreshEndsAt: token.refreshToken ? token.refreshTokenExpiresAt : null,
    failure: words,
    cause,
    lostAnswer,
    secretEndsAt: secretEnd,
    endingCredential: ending?.what ?? 'secret',
    otherMailbox: renewal.otherMailbox,
    missingScopes: missing,
    notices: judgement.notices ?? [],
    stopsMail: isOfMail || (judgement.severity === 'error' && isUseless && (mail?.told ?? 0) > 0),
    isMuted: mail !== null && mail.told === 0 && mail.muted > 0,
    mail,
    ofToken: { kind: ofToken.kind, severity: ofToken.severity },
    changesAt: off || turns.length === 0 ? null : new Date(Math.min(...turns)),
  };
}

/** States in which mail has stopped or is about to, although the access token has not expired. */
const STOPPED: readonly (StateKind | undefined)[] = ['mail-stopped', 'mail-failing', 'scope-missing'];

/** The lower the rank, the more urgent: by severity, then first the states in which mail has stopped. */
export const rankOf = ({
  severity,
  works,
  kind,
}: Pick<TokenState, 'severity' | 'works'> & { kind?: StateKind }): number =>
  SEVERITIES.indexOf(severity) * 2 + (works && !STOPPED.includes(kind) ? 1 : 0);

/** The reverse of `rankOf`, as far as it says how severe the state is. */
export const severityOf = (rank: number): Severity => SEVERITIES[Math.floor(rank / 2)] ?? 'ok';

/** The reverse of `rankOf`; a state of `STOPPED` does not say whether the token works, so it counts as one that does. */
export const ofRank = (rank: number, kind: string): { severity: Severity; works: boolean } => ({
  severity: severityOf(rank),
  works: rank % 2 === 1 || STOPPED.includes(kind as StateKind),
});

/** Ranks up to this are errors and warnings. */
export const ATTENTION = rankOf({ severity: 'warning', works: true });
