import { abilityNotices } from '../domain/helpdesk/abilities.js';
import { type Phrase, phrase } from '../lib/phrase.js';
import type { WebDeps } from './deps.js';
import { presentSettingWarnings } from './presenters/setting-warnings.js';
import type { MessageBox, SidecarContext } from './respond.js';

type Deps = Pick<WebDeps, 'abilities' | 'translate'>;

/** What this helpdesk cannot do with a token. */
export async function abilityWarnings(ctx: SidecarContext, deps: Deps): Promise<MessageBox[]> {
  const language = ctx.state.agent?.language ?? 'en';
  const notices = abilityNotices(await deps.abilities());
  return notices.map((text) => ({ kind: 'Warning', text: deps.translate(language, text) }));
}

/**
 * Faults of the helpdesk's settings that prevent OAuth2 mailboxes from working; shown above every page that
 * concerns them.
 */
export async function siteWarnings(ctx: SidecarContext, deps: Deps): Promise<MessageBox[]> {
  const t = (text: Phrase) => deps.translate(ctx.state.agent?.language ?? 'en', text);
  const { scripts } = await deps.abilities();
  const settings = presentSettingWarnings(ctx.state.settings, scripts, t).map(
    ({ setting, ...warning }): MessageBox => ({
      kind: 'Warning',
      ...warning,
      urlText: t(phrase('Open the setting %s', setting)),
    }),
  );
  return [...(await abilityWarnings(ctx, deps)), ...settings];
}
