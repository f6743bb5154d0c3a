import { accountStates } from '../../usecases/account-states.js';
import { presentAccount } from '../presenters/account-state.js';
import type { ScreenCall } from '../screen-call.js';

/**
 * The states of mail accounts as a fragment, which sysconfig/scripts puts into the helpdesk's own page of mail accounts;
 * 204 if there are none. Two queries for any number of accounts.
 */
export async function showMailAccounts({ ctx, deps, reader, agent, settings }: ScreenCall): Promise<void> {
  const now = deps.clock();
  const accounts = await accountStates(deps, settings);
  if (accounts.length === 0) {
    ctx.status = 204;
    return;
  }
  const facts = {
    isStopped: deps.fetching()?.isStopped ?? false,
    mayChange: agent.permission === 'rw',
    now,
  };
  ctx.type = 'text/html; charset=utf-8';
  ctx.body = deps.render(
    'pages/mail-accounts',
    { accounts: accounts.map((account) => presentAccount(account, facts, reader)) },
    reader,
  );
}
