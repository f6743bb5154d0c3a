import type { ProviderTemplate } from '../../domain/configuration/provider-template.js';
import { CHECK_RESULTS } from '../../domain/doctor/doctor.js';
import { type Phrase, phrase } from '../../lib/phrase.js';
import type { ConnectionCheck } from '../../usecases/connection-checks.js';
import type { Reader } from '../reader.js';
import { screenUrl } from '../screen-url.js';
import { RESULT_ICONS } from './result-icons.js';

const templateUrl = (filename: string) =>
  screenUrl('AddTokenConfigByTemplateFile', { TokenConfigTemplateFilename: filename });

/** The file of a template that the sidecar ships; the site may have its own of the same name. */
const fileOf = (templates: readonly ProviderTemplate[], name: string, shipped: string): string =>
  templates.find((template) => template.name === name)?.filename ?? shipped;

const linksTo = (templates: readonly ProviderTemplate[]) =>
  templates.map(({ filename, name }) => ({ name, url: templateUrl(filename) }));

/** The large choices, each with its ID, icon, name, explanation and URL. */
const choicesOf = (
  templates: readonly ProviderTemplate[],
): [id: string, icon: string, name: Phrase, text: Phrase, url: string][] => [
  [
    'ConnectMicrosoft',
    'fa-windows',
    'Microsoft 365',
    phrase('Exchange Online, Outlook.com and Hotmail'),
    screenUrl('ConnectMicrosoft'),
  ],
  [
    'ConnectGoogle',
    'fa-google',
    'Google Workspace / Gmail',
    phrase('Company mailboxes and gmail.com'),
    templateUrl(fileOf(templates, 'Google Mail', 'google-mail')),
  ],
  [
    'ConnectOther',
    'fa-envelope-o',
    phrase('Other provider'),
    phrase('Any provider with OAuth 2.0: the sidecar looks up its endpoints'),
    templateUrl(fileOf(templates, 'Other provider', 'other-provider')),
  ],
  [
    'ConnectImport',
    'fa-upload',
    phrase('Import'),
    phrase('Token configurations from a YAML file of this or another helpdesk'),
    screenUrl('ImportTokenConfigurations'),
  ],
];

/** The page "Connect a mailbox": the choices, what must be true first, and all templates. */
export function presentConnect(
  { templates, checks }: { templates: readonly ProviderTemplate[]; checks: readonly ConnectionCheck[] },
  { t }: Reader,
) {
  return {
    choices: choicesOf(templates).map(([id, icon, name, text, url]) => ({
      id,
      icon,
      name: t(name),
      text: t(text),
      url,
    })),
    checks: checks
      // Hardly anybody needs to know of this one unless it fails.
      .filter(({ id, result }) => id !== 'script-alias' || result !== 'ok')
      .map(({ id, title, result, reason, remedies }) => ({
        id,
        result,
        icon: RESULT_ICONS[result],
        word: t(CHECK_RESULTS[result]),
        title: t(title),
        reason: result === 'ok' ? [] : reason.map((text) => t(text)),
        remedies:
          result === 'ok'
            ? []
            : remedies.map(({ text, command, link }) => ({
                text: text && t(text),
                command,
                href: link,
                hrefText: t(phrase('Open the setting')),
              })),
      })),
    templates: linksTo(templates.filter(({ own }) => own)),
    helpdeskTemplates: linksTo(templates.filter(({ own }) => !own)),
  };
}
