import { abilityNotices } from '../domain/abilities.js';
import { redirectWarnings } from '../domain/redirect-uri.js';
import type { WebDeps } from './deps.js';
import type { MessageBox, SidecarContext } from './respond.js';

/** What about the helpdesk itself stands in the way of its OAuth2 mailboxes; above every page that deals with them. */
export async function siteWarnings(
  ctx: SidecarContext,
  deps: Pick<WebDeps, 'abilities' | 'translate'>,
): Promise<MessageBox[]> {
  const language = ctx.state.agent?.language ?? 'en';
  const notices = abilityNotices(await deps.abilities()).map((text) => ({ text, command: undefined }));
  return [...notices, ...redirectWarnings(ctx.state.settings)].map(({ text, command }) => ({
    kind: 'Warning',
    text: deps.translate(language, text),
    ...(command ? { command } : {}),
  }));
}
