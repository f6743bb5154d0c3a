import { explainFetch, type FetchExplanation } from '../domain/mailbox/explain-fetch.js';
import type { FetchEnd, FetchedTicket, MailFetcher } from '../domain/mailbox/mail-fetcher.js';
import type { StoredToken } from '../domain/token/token.js';
import type { TokenStore } from '../domain/token/token-store.js';
import { SidecarError } from '../errors.js';
import { serverText } from '../lib/server-text.js';
import { type ListMailboxesDeps, listMailboxes } from './list-mailboxes.js';

export interface FetchMailDeps extends ListMailboxesDeps {
  mailFetcher: MailFetcher;
  tokens: Pick<TokenStore, 'get'>;
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
  const before = await deps.tokens.get(configId);
  const end = await deps.mailFetcher.fetch(accountId, userId);
  // The helpdesk may have renewed the token before it signed in.
  const after = end.kind === 'failed' ? await deps.tokens.get(configId) : before;
  return {
    accountId,
    login: account.login,
    tickets: end.kind === 'fetched' ? end.tickets : [],
    ...explainFetch(withoutTokens(end, [before, after]), account.login),
  };
}

/** Removes the tokens from the server's words in the log, which may repeat what the helpdesk has sent. */
function withoutTokens(end: FetchEnd, stored: StoredToken[]): FetchEnd {
  if (end.kind !== 'failed') return end;
  const tokens = stored.flatMap(({ accessToken, refreshToken }) => [accessToken, refreshToken]);
  const secrets = [...new Set(tokens)].filter((token) => token !== null);
  return { ...end, said: serverText(secrets)(end.said) };
}
