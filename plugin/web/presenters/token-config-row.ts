import { isClientCredentials, renewalUrl } from '../../domain/configuration/auth-flow.js';
import { VALIDITIES } from '../../domain/configuration/token-config.js';
import type { MailFetch } from '../../domain/mailbox/mail-fetches.js';
import { isUsed, type Usage } from '../../domain/mailbox/usage.js';
import { placeFor } from '../../domain/provider/causes/places.js';
import { wordsOf } from '../../domain/provider/explain-provider-error.js';
import type { Severity } from '../../domain/severity.js';
import type { OverviewRow } from '../../domain/token/overview.js';
import { stateSentence } from '../../domain/token/state-sentence.js';
import type { StateKind, TokenState } from '../../domain/token/token-state.js';
import { formatTime, showFor } from '../locale.js';
import type { Reader } from '../reader.js';

/**
 * What accompanies the colour for people who do not see it: a word for screen readers, a shape for the eye.
 */
export const SEVERITY_MARKS = {
  error: { word: 'Error', icon: 'fa-times-circle' },
  warning: { word: 'Warning', icon: 'fa-exclamation-triangle' },
  info: { word: 'Note', icon: 'fa-info-circle' },
  ok: { word: 'No action needed', icon: 'fa-check-circle' },
  off: { word: 'Switched off', icon: 'fa-power-off' },
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

/** States that an admin corrects in the form. */
const MENDED_IN_FORM: readonly StateKind[] = ['client-rejected', 'secret-ends', 'request-refused'];

/** The mailbox that the state is about, for what can be done about it; null: none. */
function presentTrouble({ mail }: TokenState, now: Date) {
  const trouble = mail?.trouble;
  if (!trouble) return null;
  const { accountId, mailbox } = trouble;
  return { accountId, mailbox, target: accountId ?? 'smtp', today: now.toISOString().slice(0, 10) };
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
  { row: { config, token, renewal, refreshTokenDiesAt }, state, usage, fetches }: RowFacts,
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
    needsConsent: state.actor === 'owner' || state.kind === 'consent-needed',
    place: place && { name: t(place.name), url: place.url },
    mendedInForm: MENDED_IN_FORM.includes(state.kind) && state.actor !== 'tenant-admin',
    withoutPerson,
    renewable: renewalUrl(config.document) !== '' && (withoutPerson || Boolean(token.refreshToken)),
    lastRenewal: renewal.lastSuccessAt ? short.time(renewal.lastSuccessAt) : '',
    nextRenewal: state.nextAt ? short.time(state.nextAt) : '',
    usage: {
      ...usage,
      mailAccounts: usage.mailAccounts.map((account) => {
        const { succeededAt, failedAt } = fetches.get(account.id) ?? { succeededAt: null, failedAt: null };
        const failed = failedAt && (!succeededAt || failedAt > succeededAt);
        return {
          ...account,
          fetched: succeededAt ? t('Mail last fetched: %s.', short.time(succeededAt)) : '',
          failed: failed ? t('The last fetch failed: %s.', short.time(failedAt)) : '',
        };
      }),
    },
    used: isUsed(usage),
    mail: presentTrouble(state, now),
    muted: state.mail?.muted ?? 0,
  };
}
