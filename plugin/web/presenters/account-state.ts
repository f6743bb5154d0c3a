import { troubleSentence } from '../../domain/mailbox/mailbox-sentence.js';
import type { Severity } from '../../domain/severity.js';
import type { AccountState } from '../../usecases/account-states.js';
import { showFor } from '../locale.js';
import type { Reader } from '../reader.js';
import { SEVERITY_MARKS } from './token-config-row.js';

/** A mail account on the helpdesk's own page of them: its state in one sentence, and a link to what can be done. */
export function presentAccount(
  { accountId, configId, login, state, trouble, mutedUntil, fetchedAt, failedAt }: AccountState,
  { isStopped, mayChange, now }: { isStopped: boolean; mayChange: boolean; now: Date },
  reader: Reader,
) {
  const { t } = reader;
  const { time } = showFor(reader, now);
  const last = fetchedAt ? t('Mail last fetched: %s.', time(fetchedAt)) : t('No mail has been fetched yet.');
  const isOfToken = state.kind === 'token';
  const isNote = state.severity === 'note' && failedAt !== null;
  const sentence = isOfToken
    ? t('The token of this mailbox does not work.')
    : trouble
      ? t(troubleSentence(trouble, time))
      : isNote
        ? `${t('The last fetch failed: %s.', time(failedAt))} ${last}`
        : last;
  // Where nothing is fetched at all, which the bar says, no account is marked as well.
  const isWell = state.severity === 'ok' && state.kind === 'fetched' && !isStopped;
  const isUrgent = state.severity === 'error' || state.severity === 'warning';
  const severity: Severity =
    isUrgent && mutedUntil === null ? (state.severity as Severity) : isWell ? 'ok' : 'info';
  const { word, icon } = SEVERITY_MARKS[severity];
  return {
    accountId,
    configId,
    login,
    severity,
    icon,
    severityWord: t(word),
    sentence: mutedUntil ? `${t('Muted until %s.', time(mutedUntil))} ${sentence}` : sentence,
    /** A test says what is wrong with a mailbox; what is wrong with its token, its configuration says. */
    tests: mayChange && trouble !== null,
    shows: isOfToken || (trouble !== null && !mayChange),
  };
}
