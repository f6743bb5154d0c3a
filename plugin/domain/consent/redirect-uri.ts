import { type Phrase, phrase } from '../../lib/phrase.js';
import { type Scripts, settingCommand } from '../helpdesk/helpdesk-scripts.js';
import type { Settings } from '../helpdesk/settings.js';
import { COMMON } from '../product/records.js';
import type { Provider } from '../provider/provider.js';
import { whyGoogleRejects } from './google-redirect-uri.js';

/** Name of the callback under ScriptAlias. It is registered at the providers, so it never changes. */
export const CALLBACK = COMMON.screens.callback;

/** Providers permit http for the browser's own machine (RFC 8252 §7.3 and §8.3). */
const LOCALHOST = /^localhost(:\d+)?$/i;

/** ScriptAlias without slashes: admins write `otrs/`, `/otrs/` and `otrs`. */
export const scriptAlias = (settings: Settings): string =>
  settings.text('ScriptAlias', COMMON.settings.scriptAlias).replace(/^\/+|\/+$/g, '');

/**
 * The redirect URI (RFC 6749 §3.1.2) built from HttpType, FQDN and ScriptAlias, with exactly one slash
 * between the parts.
 */
export function redirectUri(settings: Settings): string {
  const host = settings.text('FQDN').replace(/\/+$/, '');
  const folder = scriptAlias(settings);
  return `${settings.text('HttpType', 'http')}://${host}/${folder ? `${folder}/` : ''}${CALLBACK}`;
}

export interface SettingWarning {
  setting: 'HttpType' | 'FQDN' | 'ScriptAlias';
  /** What is wrong and why it matters. */
  text: Phrase;
  /** A command of the helpdesk's console that corrects it. */
  command: string;
}

/**
 * Warns of settings that make the redirect URI unusable at a provider.
 * @param provider whose own rules apply as well
 */
export function redirectWarnings(
  settings: Settings,
  scripts: Scripts,
  provider: Provider = 'other',
): SettingWarning[] {
  const command = (setting: string, value: string) => settingCommand(scripts, setting, value);
  const warnings: SettingWarning[] = [];
  const host = settings.text('FQDN');
  if (settings.text('HttpType', 'http') !== 'https' && !LOCALHOST.test(host)) {
    warnings.push({
      setting: 'HttpType',
      text: phrase(
        'HttpType is not https: providers reject such a redirect URI, and tokens would be sent unencrypted. Set it with:',
      ),
      command: command('HttpType', 'https'),
    });
  }
  if (host === '' || host.toLowerCase() === 'yourhost.example.com') {
    warnings.push({
      setting: 'FQDN',
      text: phrase(
        'FQDN is still a placeholder: the provider would send the answer to a host that does not exist. Set it with:',
      ),
      command: command('FQDN', 'helpdesk.example.com'),
    });
  } else if (!/^[a-z0-9.[\]:-]+$/i.test(host)) {
    warnings.push({
      setting: 'FQDN',
      text: phrase('FQDN is not a host name. Set it with:'),
      command: command('FQDN', 'helpdesk.example.com'),
    });
  } else if (provider === 'google') {
    const text = whyGoogleRejects(host);
    if (text) warnings.push({ setting: 'FQDN', text, command: command('FQDN', 'helpdesk.example.com') });
  }
  const alias = settings.text('ScriptAlias', COMMON.settings.scriptAlias);
  if (!/^[\w./-]*$/.test(alias)) {
    warnings.push({
      setting: 'ScriptAlias',
      text: phrase('ScriptAlias contains characters that are not allowed in a URL. Set it with:'),
      command: command('ScriptAlias', `${scripts}/`),
    });
  } else if (alias !== '' && alias !== `${scriptAlias(settings)}/`) {
    warnings.push({
      setting: 'ScriptAlias',
      text: phrase(
        "ScriptAlias must end with a slash and not begin with one: the helpdesk's own redirect URI differs from this one. Set it with:",
      ),
      command: command('ScriptAlias', `${scriptAlias(settings)}/`),
    });
  }
  return warnings;
}
