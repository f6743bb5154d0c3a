import { abilityNotices } from '../domain/helpdesk/abilities.js';
import { phrase } from '../lib/phrase.js';
import { presentSettingWarnings } from './presenters/setting-warnings.js';
import type { MessageBox } from './respond.js';
import type { ScreenCall } from './screen-call.js';

/** What this helpdesk cannot do with a token. */
export async function abilityWarnings({ deps, reader }: ScreenCall): Promise<MessageBox[]> {
  const notices = abilityNotices(await deps.abilities());
  return notices.map((text) => ({ kind: 'Warning', text: reader.t(text) }));
}

/**
 * Faults of the helpdesk's settings that prevent OAuth2 mailboxes from working; shown above every page that
 * concerns them.
 */
export async function siteWarnings(call: ScreenCall): Promise<MessageBox[]> {
  const { t } = call.reader;
  const { scripts } = await call.deps.abilities();
  const settings = presentSettingWarnings(call.settings, scripts, t).map(
    ({ setting, ...warning }): MessageBox => ({
      kind: 'Warning',
      ...warning,
      urlText: t(phrase('Open the setting %s', setting)),
    }),
  );
  return [...(await abilityWarnings(call)), ...settings];
}
