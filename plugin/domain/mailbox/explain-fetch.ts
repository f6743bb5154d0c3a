import { type Phrase, phrase } from '../../lib/phrase.js';
import { FETCH_LIMIT, type FetchEnd } from './mail-fetcher.js';

export interface FetchExplanation {
  outcome: 'ok' | 'warning' | 'fault';
  /** What happened, then what to do. */
  text: Phrase[];
}

/** Puts the end of a fetch into words. @param login what the account signs in with */
export function explainFetch(end: FetchEnd, login: string): FetchExplanation {
  if (end.kind === 'fetched') return fetched(end, login);
  if (end.kind === 'locked')
    return {
      outcome: 'warning',
      text: [
        phrase(
          'The helpdesk is fetching mail at this moment and permits one fetch at a time. Try again in a minute.',
        ),
        phrase('If a fetch was interrupted, the helpdesk waits for up to ten minutes before the next one.'),
      ],
    };
  if (end.kind === 'timeout')
    return {
      outcome: 'fault',
      text: [
        phrase('The fetch did not end within %s seconds and was stopped.', FETCH_LIMIT),
        phrase(
          'Messages fetched before the failure are in the helpdesk. Test the mailbox to find the step that fails.',
        ),
      ],
    };
  if (end.kind === 'unavailable')
    return {
      outcome: 'fault',
      text: [
        phrase(
          'The fetcher of the helpdesk could not be run here. Use "Fetch mail" on the helpdesk\'s page of mail accounts.',
        ),
      ],
    };
  return {
    outcome: 'fault',
    text: [
      phrase('The helpdesk could not fetch mail.'),
      ...(end.said ? [phrase('Its communication log says: %s', end.said)] : []),
      phrase('Test the mailbox: the test names the step that fails, and the remedy.'),
    ],
  };
}

function fetched({ mails, failed }: FetchEnd & { kind: 'fetched' }, login: string): FetchExplanation {
  if (mails === 0)
    return {
      outcome: 'ok',
      text: [
        phrase('The helpdesk signed in. There is no mail to fetch.'),
        phrase('Send a message to %s and fetch again to see it become a ticket.', login),
      ],
    };
  const counted = phrase('Messages fetched: %s.', mails);
  return failed === 0
    ? { outcome: 'ok', text: [counted] }
    : {
        outcome: 'warning',
        text: [
          counted,
          phrase(
            'Messages that could not be turned into tickets: %s. The helpdesk keeps them in var/spool and gives the reason in its log.',
            failed,
          ),
        ],
      };
}
