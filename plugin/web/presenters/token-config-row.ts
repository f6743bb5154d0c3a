import { isClientCredentials, renewalUrl } from '../../domain/configuration/auth-flow.js';
import { isServiceAccount } from '../../domain/configuration/service-account.js';
import { VALIDITIES } from '../../domain/configuration/token-config.js';
import type { LastTest } from '../../domain/mailbox/last-test.js';
import type { MailFetch } from '../../domain/mailbox/mail-fetches.js';
import { isUsed, type Usage } from '../../domain/mailbox/usage.js';
import { placeFor } from '../../domain/provider/causes/places.js';
import { wordsOf } from '../../domain/provider/explain-provider-error.js';
import type { Severity } from '../../domain/severity.js';
import type { OverviewRow } from '../../domain/token/overview.js';
import { stateSentence } from '../../domain/token/state-sentence.js';
import type { TokenState } from '../../domain/token/token-state.js';
import { formatTime, showFor } from '../locale.js';
import type { Reader } from '../reader.js';
import { presentActions } from './row-actions.js';
import { presentUsers } from './row-usage.js';
import { presentTimeline } from './timeline.js';

/**
 * What accompanies the colour for people who do not see it: a word for screen readers, a shape for the eye.
 */
export const SEVERITY_MARKS = {
  error: { word: 'Error', icon: 'fa-times-circle' },
  warning: { word: 'Warning', icon: 'fa-exclamation-triangle' },
  info: { word: 'Note', icon: 'fa-info-circle' },
  ok: { word: 'No action needed', icon: 'fa-check-circle' },
  off: { word: 'Note', icon: 'fa-power-off' },
} as const satisfies Record<Severity | 'off', { word: string; icon: string }>;

/** A state as the pages show it. */
export function presentState(state: TokenState, now: Date, reader: Reader) {
  const severity = state.kind === 'switched-off' ? 'off' : state.severity;
  const { word, icon } = SEVERITY_MARKS[severity];
  return {
    kind: state.kind,
    severity,
    icon,
    severityWord: reader.t(word),
    sentence: reader.t(stateSentence(state, showFor(reader, now), now)),
  };
}

/** The mailbox that the state is about, for what can be done about it; null: none. */
function presentTrouble({ mail }: TokenState, now: Date) {
  const trouble = mail?.trouble;
  if (!trouble) return null;
  const { accountId, mailbox } = trouble;
  return { accountId, mailbox, target: accountId ?? 'smtp', today: now.toISOString().slice(0, 10) };
}

const TEST_RESULTS = {
  ok: { severity: 'ok', text: 'Tested %s: the mailbox works.' },
  warning: { severity: 'warning', text: 'Tested %s: the mailbox works, with warnings.' },
  fault: { severity: 'error', text: 'Tested %s: the mailbox does not work.' },
} as const satisfies Record<LastTest['outcome'], { severity: Severity; text: string }>;

/** The last test of a mailbox; null: none was tested yet. */
function presentLastTest(test: LastTest | null, now: Date, reader: Reader) {
  if (!test) return null;
  const { severity, text } = TEST_RESULTS[test.outcome];
  const { word, icon } = SEVERITY_MARKS[severity];
  const sentence = reader.t(text, showFor(reader, now).time(test.at));
  return { severity, icon, severityWord: reader.t(word), sentence, mailbox: test.mailbox };
}

/** Everything that one line of the overview shows. */
export interface RowFacts {
  row: OverviewRow;
  state: TokenState;
  usage: Usage;
  /** Account ID -> its last fetches. */
  fetches: Map<number, MailFetch>;
}

/** One line of the overview. Contains neither a token nor the client secret. */
export function presentRow(
  { row: { config, token, renewal, refreshTokenDiesAt, lastTest }, state, usage, fetches }: RowFacts,
  now: Date,
  reader: Reader,
) {
  const { t } = reader;
  const at = (date: Date) => formatTime(date, reader);
  const short = showFor(reader, now);
  const { endsAt, works, refreshEndsAt } = state;
  const tokenStatus = !token.accessToken
    ? t('No token has been requested yet.')
    : !endsAt
      ? t('Token is valid (without expiration date).')
      : t(works ? 'Token is valid until %s.' : 'Token expired on %s.', at(endsAt));
  const ends = refreshEndsAt ?? refreshTokenDiesAt;
  const withoutPerson = isClientCredentials(config.document);
  const refreshTokenStatus = withoutPerson
    ? t('Not needed: tokens are obtained with client credentials.')
    : !config.document.Requests?.TokenByRefreshToken
      ? t('Refresh token request is not configured.')
      : !token.refreshToken
        ? t(
            token.accessToken
              ? 'The provider sent no refresh token.'
              : 'No refresh token has been requested yet.',
          )
        : state.kind === 'consent-needed' && state.reason !== 'refresh_token_expired'
          ? t('The provider no longer accepts the refresh token.')
          : !ends
            ? t('Refresh token is valid (without expiration date).')
            : refreshEndsAt
              ? t(ends < now ? 'Refresh token expired on %s.' : 'Refresh token is valid until %s.', at(ends))
              : t('Refresh token is valid; if not used, it expires on %s.', at(ends));
  const { failure } = state;
  const renewable = renewalUrl(config.document) !== '' && (withoutPerson || Boolean(token.refreshToken));
  const place = state.cause && placeFor(state.cause, config.document);
  return {
    id: config.id,
    name: config.name,
    templateName: config.document.TemplateName,
    valid: config.validId === 1,
    validity: t(VALIDITIES[config.validId as 1 | 2 | 3] ?? 'invalid'),
    state: presentState(state, now, reader),
    tokenStatus,
    refreshTokenStatus,
    // The sentence about a failure that the tables do not know quotes it.
    providerMessage: failure && !state.cause?.quotes ? wordsOf(failure) : '',
    urgent: state.severity === 'error' || state.severity === 'warning',
    place: place && { name: t(place.name), url: place.url },
    lastRenewal: renewal.lastSuccessAt ? short.time(renewal.lastSuccessAt) : '',
    nextRenewal: state.nextAt ? short.time(state.nextAt) : '',
    users: presentUsers({ usage, configId: config.id }, fetches, reader, short),
    timeline: presentTimeline(state, now, reader),
    actions: presentActions(
      state,
      usage,
      {
        ...{ withoutPerson, renewable, used: isUsed(usage) },
        hasServiceAccount: isServiceAccount(config.document),
      },
      reader,
    ),
    lastTest: presentLastTest(lastTest, now, reader),
    used: isUsed(usage),
    mail: presentTrouble(state, now),
    muted: state.mail?.muted ?? 0,
  };
}
