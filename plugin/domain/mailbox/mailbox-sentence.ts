import { inner, type Phrase, phrase } from '../../lib/phrase.js';
import { readFetchCause } from './fetch-cause.js';
import type { FetchingState } from './fetching-state.js';
import type { MailTrouble } from './mail-use.js';

type Time = (at: Date) => string;

/** One sentence about the mail of a mailbox: what is wrong, since when, how often, and what to do. */
export function troubleSentence({ what, mailbox, said, since, count }: MailTrouble, time: Time): Phrase {
  switch (what) {
    case 'hanging':
      return phrase(
        'Mailbox %s: a fetch has been running since %s. The mail server accepts the connection but does not respond, or the process was killed: test this mailbox.',
        mailbox,
        time(since),
      );
    case 'left-out':
      return phrase(
        "Mailbox %s: not fetched since %s, although other mailboxes are. Check the helpdesk's log.",
        mailbox,
        time(since),
      );
    case 'outbound': {
      const { text } = readFetchCause(said, 'smtp');
      return phrase('Outbound mail has failed since %s (attempts: %s). %s', time(since), count, inner(text));
    }
    default: {
      const { text } = readFetchCause(said, 'imap');
      return phrase(
        'Mailbox %s: fetches have failed since %s (attempts: %s). %s',
        mailbox,
        time(since),
        count,
        inner(text),
      );
    }
  }
}

/** One sentence about fetching as a whole; null: it runs. */
export function fetchingSentence(
  { cause, since, mailbox, mailboxes }: FetchingState,
  time: Time,
): Phrase | null {
  const at = since ? time(since) : '';
  switch (cause) {
    case 'hanging':
      return phrase(
        'Mailboxes that are not fetched: %s. They wait for the fetch of %s, which has been running since %s: its mail server does not respond, or the process was killed. Test that mailbox, and set its mail account to invalid until the server responds.',
        mailboxes,
        mailbox,
        at,
      );
    case 'lock':
      return phrase(
        'No mail is fetched (mailboxes: %s). A fetch that is no longer running has blocked all others since %s: run the console command Maint::PostMaster::MailAccountFetch --force-pid.',
        mailboxes,
        at,
      );
    case 'daemon':
      return phrase(
        "No mail has been fetched since %s (mailboxes: %s). The helpdesk's daemon does not start fetches: start the daemon.",
        at,
        mailboxes,
      );
    case 'not-started':
      return phrase(
        "No mail has been fetched since %s (mailboxes: %s). Fetches start but do not reach the mailboxes: check the helpdesk's log.",
        at,
        mailboxes,
      );
    default:
      return null;
  }
}
