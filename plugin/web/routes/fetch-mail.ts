import { fetchMail } from '../../usecases/fetch-mail.js';
import type { ScreenCall } from '../screen-call.js';
import { BOXES, showTestPage } from './test-mailbox.js';

/** "Fetch now": runs the helpdesk's own fetcher for one mail account and shows what came of it. */
export async function fetchNow(call: ScreenCall): Promise<void> {
  const { deps, agent, reader, parameters } = call;
  const fetched = await fetchMail(deps, {
    configId: parameters.id('ID'),
    accountId: parameters.id('Mailbox'),
    userId: agent.userId,
  });
  const text = fetched.text.map((sentence) => reader.t(sentence)).join(' ');
  await showTestPage(call, {
    messages: [{ kind: BOXES[fetched.outcome], text }],
    fetched: { ...fetched, target: fetched.accountId, text, works: fetched.outcome !== 'fault' },
  });
}
