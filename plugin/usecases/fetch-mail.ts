import { explainFetch, type FetchExplanation } from '../domain/mailbox/explain-fetch.js';
import type { FetchedTicket, MailFetcher } from '../domain/mailbox/mail-fetcher.js';
import { SidecarError } from '../errors.js';
import { type ListMailboxesDeps, listMailboxes } from './list-mailboxes.js';

export interface FetchMailDeps extends ListMailboxesDeps {
  mailFetcher: MailFetcher;
}

export interface FetchedMail extends FetchExplanation {
  accountId: number;
  login: string;
  tickets: FetchedTicket[];
}

/**
 * Fetches mail from an account of a token configuration, once and with the helpdesk's own fetcher.
 * @throws SidecarError unknown-token-config; unknown-mail-account if the account does not use the
 *   configuration
 */
export async function fetchMail(
  deps: FetchMailDeps,
  { configId, accountId, userId }: { configId: number; accountId: number; userId: number },
): Promise<FetchedMail> {
  const { known, others } = await listMailboxes(deps, configId);
  const account = [...known, ...others].find((one) => one.accountId === accountId);
  if (!account) throw new SidecarError('unknown-mail-account');
  const end = await deps.mailFetcher.fetch(accountId, userId);
  return {
    accountId,
    login: account.login,
    tickets: end.kind === 'fetched' ? end.tickets : [],
    ...explainFetch(end, account.login),
  };
}
