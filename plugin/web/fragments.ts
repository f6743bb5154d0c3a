const FRAGMENTS: readonly string[] = ['Bar', 'MailAccounts'];

/** Is this Subaction a part of a page of the helpdesk, which a script asks for? On failure such a part is empty. */
export const isFragment = (subaction: string | undefined): boolean =>
  subaction !== undefined && FRAGMENTS.includes(subaction);
