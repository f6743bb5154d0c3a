import { redirectWarnings } from '../../domain/consent/redirect-uri.js';
import type { Scripts } from '../../domain/helpdesk/helpdesk-scripts.js';
import type { Settings } from '../../domain/helpdesk/settings.js';
import type { Provider } from '../../domain/provider/provider.js';
import type { Reader } from '../reader.js';

/** The helpdesk's own page for one setting. */
const settingUrl = (name: string): string =>
  `index.pl?Action=AdminSystemConfiguration;Subaction=View;Setting=${encodeURIComponent(name)}`;

/** Warnings about the redirect URI, with the command and the page that correct each. */
export const presentSettingWarnings = (
  settings: Settings,
  scripts: Scripts,
  t: Reader['t'],
  provider: Provider = 'other',
) =>
  redirectWarnings(settings, scripts, provider).map(({ setting, text, command }) => ({
    setting,
    text: t(text),
    command,
    url: settingUrl(setting),
  }));
