import type { FetchingCause, FetchingWord } from '../../domain/mailbox/fetching-state.js';
import { explainFailure, readMarkedError } from '../../domain/provider/explain-provider-error.js';
import { lostAnswerIn, lostAnswerSentence } from '../../domain/provider/lost-answer.js';
import type { Severity } from '../../domain/severity.js';
import type { HistoryQuery, RecordedEvent, TokenEvent } from '../../domain/token/event-store.js';
import { CATALOGUE, type ErrorCode } from '../../errors.js';
import type { Phrase } from '../../lib/phrase.js';
import { formatSeconds, formatTime } from '../locale.js';
import type { Reader } from '../reader.js';
import { STATE_NAMES } from './overview-query.js';
import { SEVERITY_MARKS } from './token-config-row.js';

export const WHAT_NAMES: Record<TokenEvent['what'], string> = {
  renewal: 'Renewal of the token',
  consent: 'Token requested',
  'admin-consent': 'Admin consent',
  revocation: 'Token revoked',
  state: 'State changed',
  'config-added': 'Configuration added',
  'config-changed': 'Configuration changed',
  'config-deleted': 'Configuration deleted',
  'mailbox-muted': 'Mailbox muted',
  'mailbox-unmuted': 'Mailbox no longer muted',
  'relay-password-created': 'Relay password created',
  'relay-password-revoked': 'Relay password revoked',
};

export const OUTCOME_NAMES: Record<NonNullable<HistoryQuery['outcome']>, string> = {
  ok: 'Successful',
  failed: 'Failed',
};

/** What each outcome means. */
export const OUTCOME_TEXTS: Record<TokenEvent['outcome'], string> = {
  ok: 'Successful',
  transient: 'Temporary problem; retried automatically',
  'grant-dead': 'Consent needed',
  'client-rejected': 'App rejected',
  refused: 'Request rejected',
  'invalid-answer': 'Response is not a token',
  interrupted: 'Interrupted, response lost',
  attention: 'Needs attention',
  warning: 'Needs attention',
};

/** As severe as the overview shows what the event led to. */
function severityOf(outcome: TokenEvent['outcome']): Severity {
  if (outcome === 'ok') return 'ok';
  return outcome === 'warning' || outcome === 'transient' || outcome === 'interrupted' ? 'warning' : 'error';
}

/** Whether the helpdesk fetches mail at all. */
const FETCHING_NAMES: Record<FetchingWord, string> = {
  'fetching-stopped': 'Mailboxes are not fetched',
  'fetching-runs': 'Mail is fetched again',
};
const CAUSE_NAMES: Record<FetchingCause, string> = {
  hanging: 'A fetch is hanging',
  lock: 'A stale lock blocks all fetches',
  daemon: 'The daemon does not start fetches',
  'not-started': 'Fetches do not reach the mailboxes',
};
const NAMES: Record<string, string> = { ...STATE_NAMES, ...FETCHING_NAMES, 'mail-runs': 'Mail works again' };
/** Their code names a mailbox, and is no error that could be explained. */
const NAMING: readonly TokenEvent['what'][] = [
  'mailbox-muted',
  'mailbox-unmuted',
  'relay-password-created',
  'relay-password-revoked',
];
const isCause = (word: string): word is FetchingCause => Object.hasOwn(CAUSE_NAMES, word);

/** An unknown state is shown as it is stored. */
const stateName = (kind: string): string => (Object.hasOwn(NAMES, kind) ? (NAMES[kind] as string) : kind);

/** Codes of providers are explained as everywhere; our own have their text in the catalogue. */
function explanationOf(code: string, { what, outcome }: RecordedEvent): Phrase {
  const isConsent = what === 'consent' || what === 'admin-consent';
  const step = isConsent ? 'consent' : outcome === 'refused' ? 'app' : 'renewal';
  const { id, text } = explainFailure(readMarkedError(code), step);
  return id === 'unknown' && Object.hasOwn(CATALOGUE, code) ? CATALOGUE[code as ErrorCode][1] : text;
}

/** One line of the history. */
export function presentEvent(event: RecordedEvent, reader: Reader) {
  const { t } = reader;
  const { at, configId, name, actor, login, fullName, what, outcome, code, durationMs } = event;
  const severity = severityOf(outcome);
  const isState = what === 'state' && code !== null;
  // The state of a mailbox has its login behind it, and fetching as a whole why it has stopped.
  const [kind = '', ...more] = isState ? code.split(' ') : [];
  const detail = more.join(' ');
  // A mailbox may have the same name as a cause.
  const cause = kind.startsWith('fetching-') && isCause(detail) ? detail : null;
  const lost = outcome === 'interrupted' ? lostAnswerSentence(lostAnswerIn(code ?? '')) : null;
  // What a person has started is not retried automatically.
  const again = (what === 'consent' || what === 'admin-consent') && outcome === 'transient';
  return {
    at: formatTime(at, reader),
    iso: at.toISOString(),
    configId,
    name: configId === 0 ? t('Mail fetching') : name,
    who: actor === null ? t('Renewal service') : (login ?? `#${actor}`),
    fullName: fullName ?? '',
    what: t(WHAT_NAMES[what] ?? what),
    outcome: t(
      isState
        ? stateName(kind)
        : again
          ? STATE_NAMES['provider-unavailable']
          : (OUTCOME_TEXTS[outcome] ?? outcome),
    ),
    severity,
    icon: SEVERITY_MARKS[severity].icon,
    code: isState ? (cause ? '' : detail) : (code ?? ''),
    explanation: cause
      ? t(CAUSE_NAMES[cause])
      : code === null || isState || NAMING.includes(what)
        ? ''
        : t(lost ?? explanationOf(code, event)),
    duration: durationMs === null ? '' : formatSeconds(durationMs / 1000, reader.language),
  };
}
