import { inner, type Phrase, phrase } from '../../lib/phrase.js';
import { missingScopesAdvice } from '../consent/granted-scopes.js';
import { troubleSentence } from '../mailbox/mailbox-sentence.js';
import { explainFailure } from '../provider/explain-provider-error.js';
import { lostAnswerSentence } from '../provider/lost-answer.js';
import type { TokenState } from './token-state.js';

/** How the reader writes times: their zone and language. */
export interface Show {
  time(at: Date): string;
  /** A day, given as its midnight UTC. */
  date(day: Date): string;
}

const NO_REFRESH_TOKEN = {
  google: phrase(
    'The provider sent no refresh token: Google sends one only with the parameters access_type=offline and prompt=consent. Add them, then request a new token.',
  ),
  microsoft: phrase(
    'The provider sent no refresh token: Microsoft sends one only with the scope offline_access. Add it, then request a new token.',
  ),
  other: phrase('The provider sent no refresh token. Request a new token.'),
};

/** The sentence about the failure behind a state, as every other place shows it. */
const failureSentence = ({ cause }: TokenState): Phrase => (cause ?? explainFailure({ error: '' })).text;

function consentNeeded(state: TokenState, show: Show): Phrase {
  const { reason, provider, refreshEndsAt, lostAnswer } = state;
  if (reason === 'no_refresh_token') return NO_REFRESH_TOKEN[provider];
  if (reason === 'refresh_token_expired' && refreshEndsAt)
    return phrase('The refresh token has expired (%s). Request a new token.', show.time(refreshEndsAt));
  return lostAnswer ? lostAnswerSentence(lostAnswer) : failureSentence(state);
}

/** Appends "Still valid until …" to a sentence about what somebody must do, if the token still works. */
const withEnd = (sentence: Phrase, { works, endsAt }: TokenState, show: Show): Phrase =>
  works && endsAt ? phrase('%s Still valid until %s.', inner(sentence), show.time(endsAt)) : sentence;

/** What is wrong with the provider or on the way to it, since when, and what that means for the token. */
function unavailable(state: TokenState, show: Show): Phrase {
  const { failingSince, endsAt, works } = state;
  const sentence = inner(failureSentence(state));
  const since = failingSince ? show.time(failingSince) : '';
  if (!endsAt)
    return works
      ? phrase('%s Failing since %s; the token is still valid.', sentence, since)
      : phrase('%s Failing since %s.', sentence, since);
  return works
    ? phrase('%s Failing since %s; the token is still valid until %s.', sentence, since, show.time(endsAt))
    : phrase('%s Failing since %s; the token expired at %s.', sentence, since, show.time(endsAt));
}

function secretEnds(state: TokenState, show: Show, now: Date): Phrase {
  const { secretEndsAt, endingCredential, provider, severity } = state;
  const day = secretEndsAt ? show.date(secretEndsAt) : '';
  const over = severity === 'error' && secretEndsAt !== null && secretEndsAt <= now;
  if (endingCredential === 'certificate')
    return over
      ? phrase(
          'Certificate expired on %s: create a new one ("znuny-oauth2 certificate create"), upload it to the provider, then remove the old one.',
          day,
        )
      : phrase(
          'Certificate expires on %s: create a new one ("znuny-oauth2 certificate create"), upload it to the provider, then remove the old one.',
          day,
        );
  if (provider === 'microsoft')
    return over
      ? phrase(
          'Client secret expired on %s: create a new one in the Entra admin centre, then enter it under Edit.',
          day,
        )
      : phrase(
          'Client secret expires on %s: create a new one in the Entra admin centre, then enter it under Edit.',
          day,
        );
  return over
    ? phrase('Client secret expired on %s: create a new one at the provider, then enter it under Edit.', day)
    : phrase('Client secret expires on %s: create a new one at the provider, then enter it under Edit.', day);
}

function clientRejected(state: TokenState, show: Show, now: Date): Phrase {
  const { secretEndsAt } = state;
  const expired = secretEndsAt !== null && secretEndsAt <= now;
  return expired ? secretEnds({ ...state, severity: 'error' }, show, now) : failureSentence(state);
}

/** The most urgent trouble of its mailboxes, and how many others are in trouble. */
function mailSentence(mail: TokenState['mail'], show: Show): Phrase {
  if (!mail?.trouble) return phrase('Mail cannot be received or sent.');
  const sentence = troubleSentence(mail.trouble, show.time);
  return mail.further === 0
    ? sentence
    : phrase('%s Other failing mailboxes of this configuration: %s.', inner(sentence), mail.further);
}

/**
 * One plain sentence: what is wrong, and who must do what by when.
 * @param now of the call that determined the state
 */
export function stateSentence(state: TokenState, show: Show, now: Date): Phrase {
  const end = state.endsAt ? show.time(state.endsAt) : null;
  const due = state.dueSince ? show.time(state.dueSince) : '';
  switch (state.kind) {
    case 'switched-off':
      return phrase('Switched off: tokens are not renewed while the configuration is invalid.');
    case 'never-requested':
      return phrase('No token yet: request one and grant consent at the provider.');
    case 'mail-stopped':
    case 'mail-failing':
      return mailSentence(state.mail, show);
    case 'consent-needed':
      return withEnd(consentNeeded(state, show), state, show);
    case 'client-rejected':
      return withEnd(clientRejected(state, show, now), state, show);
    case 'request-refused':
      return withEnd(failureSentence(state), state, show);
    case 'provider-unavailable':
      return unavailable(state, show);
    case 'secret-ends':
      return secretEnds(state, show, now);
    case 'scope-missing':
      return phrase(
        'The token lacks permissions that mail needs. %s',
        inner(missingScopesAdvice(state.provider, state.missingScopes)),
      );
    case 'other-mailbox':
      return phrase(
        "Mailbox %s signs in with another user's token: request a new token as its owner, or mark it as a shared mailbox.",
        state.otherMailbox ?? '',
      );
    case 'expired':
      if (!end) return phrase('No access token; requesting one now.');
      return state.severity === 'error'
        ? phrase("Expired at %s although its renewal was due at %s: check the sidecar's log.", end, due)
        : phrase('Expired at %s; renewing now.', end);
    case 'overdue':
      return phrase(
        "Valid until %s, but its renewal was due at %s: check the sidecar's log.",
        end ?? '',
        due,
      );
    case 'not-renewable':
      if (!end) return phrase('Valid; does not expire.');
      return state.works
        ? phrase(
            'Valid until %s; then request a new token, because this configuration has no refresh token request.',
            end,
          )
        : phrase('Expired at %s and cannot be renewed: request a new token.', end);
    case 'renewing':
      return end ? phrase('Valid until %s; renewing now.', end) : phrase('Valid; renewing now.');
    case 'valid':
      return state.nextAt
        ? phrase('Valid; renews automatically, next at %s.', show.time(state.nextAt))
        : phrase('Valid; does not expire.');
  }
}
