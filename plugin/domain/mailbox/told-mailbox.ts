/** What is announced of something that an admin has muted, in place of an error or a warning. */
export const MUTED = 'muted';
/** What is announced of a mail account that is invalid, was deleted or no longer signs in with a token. */
export const NOT_WATCHED = 'mail-off';

/**
 * What is announced of one mailbox: the code of its state changes.
 * mail-stopped: an error; mail-failing: a warning; mail-runs: nothing that somebody must act on.
 */
type MailboxWord = 'mail-stopped' | 'mail-failing' | 'mail-runs' | typeof MUTED | typeof NOT_WATCHED;

/** What is to be announced of a mailbox. */
export interface ToldMailbox {
  /** 0: outbound mail. */
  accountId: number;
  configId: number;
  login: string;
  word: MailboxWord;
  /** The same for all mailboxes that one cause has stopped. */
  cause: string;
}

/** Does somebody have to act? */
export const isTrouble = (word: string): boolean => word === 'mail-stopped' || word === 'mail-failing';
