import { type Phrase, phrase } from '../../lib/phrase.js';
import { SUPPORTED } from '../product/records.js';
import type { Scripts } from './helpdesk-scripts.js';

/**
 * What this helpdesk can do with a token (Znuny 6.0 to 6.2 and OTRS 6: nothing), and what its scripts are
 * called.
 */
export interface Abilities {
  /** It has its own token configurations, and therefore their tables. */
  builtIn: boolean;
  /** PostMaster mail accounts, over IMAP and POP3. */
  mailAccounts: boolean;
  /** Outbound e-mail over SMTP. */
  smtp: boolean;
  /** Requesters of web services. */
  webServices: boolean;
  /** What its scripts are called. */
  scripts: Scripts;
}

/** Where there is no helpdesk. */
export const NO_ABILITIES: Abilities = Object.freeze({
  builtIn: false,
  mailAccounts: false,
  smtp: false,
  webServices: false,
  scripts: SUPPORTED[0]?.scripts[0] ?? '',
});

/** What an admin must know before relying on tokens here; empty if the helpdesk can fetch mail with them. */
export function abilityNotices({ mailAccounts }: Abilities): Phrase[] {
  return mailAccounts
    ? []
    : [
        phrase(
          "This helpdesk's mail accounts support only passwords. You can prepare token configurations here, and their tokens are kept valid, but fetching mail with them needs Znuny 6.3 or newer.",
        ),
      ];
}
