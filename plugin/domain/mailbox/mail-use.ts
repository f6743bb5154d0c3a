import type { FetchCauseCode } from './fetch-cause.js';

/** What is wrong with the mail of one mailbox. */
export interface MailTrouble {
  /**
   * failing: fetches fail; hanging: one does not end; left-out: the fetches of others run; outbound: mail waits to be
   * sent.
   */
  what: 'failing' | 'hanging' | 'left-out' | 'outbound';
  severity: 'warning' | 'error';
  /** ID of the mail account; null: outbound mail. */
  accountId: number | null;
  /** Its login. */
  mailbox: string;
  /** null: nothing failed. */
  cause: FetchCauseCode | null;
  /** The mail server's or the helpdesk's own words, without secrets; '' if there are none. */
  said: string;
  /** Since when the cause has been there. */
  since: Date;
  /** How often it was seen. */
  count: number;
}

/** What a configuration's mailboxes mean for its state: column `mail` of `oauth2_sidecar_renewal`. */
export interface MailUse {
  /** How many valid mailboxes, outbound mail included, depend on the token and are not muted. */
  told: number;
  /** How many of them are muted. */
  muted: number;
  /** The most urgent trouble of a mailbox that is not muted, or else of one that is. */
  trouble: MailTrouble | null;
  /** How many further mailboxes are in trouble. */
  further: number;
}

export const NO_MAIL: MailUse = { told: 0, muted: 0, trouble: null, further: 0 };

export const writeMailUse = (use: MailUse): string =>
  JSON.stringify(
    use.trouble ? { ...use, trouble: { ...use.trouble, since: use.trouble.since.getTime() } } : use,
  );

/** @returns null if it has not been found out yet, or is not readable */
export function readMailUse(text: string | null): MailUse | null {
  if (text === null) return null;
  try {
    const { trouble, ...use } = JSON.parse(text) as MailUse;
    return {
      ...NO_MAIL,
      ...use,
      trouble: trouble && { ...trouble, since: new Date(trouble.since) },
    };
  } catch {
    return null;
  }
}
