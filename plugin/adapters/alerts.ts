import type { AlertChannel } from '../domain/alert/alert-channel.js';
import { alertText } from '../domain/alert/alert-settings.js';
import { webhookSettings } from '../domain/alert/webhook-settings.js';
import { CALLBACK, redirectUri } from '../domain/consent/redirect-uri.js';
import type { Settings } from '../domain/helpdesk/settings.js';
import { COMMON } from '../domain/product/records.js';
import type { Phrase } from '../lib/phrase.js';
import type { AdapterContext } from './context.js';
import { once } from './once.js';
import type { ProviderAdapters } from './providers.js';
import type { StoreAdapters } from './stores.js';

/** Translates as the pages do. */
type Translate = (language: string, text: Phrase) => string;

/** The alert channels, and what messages are written with. */
export function alertAdapters(
  { config, clock }: AdapterContext,
  { settings, alerts, renewalRows }: StoreAdapters,
  { httpSender }: ProviderAdapters,
) {
  const { alertSecrets } = config;

  async function webhook(current: Settings): Promise<AlertChannel[]> {
    const wanted = webhookSettings(current, alertSecrets.webhookUrl);
    if (typeof wanted === 'string') return [];
    const { createWebhook } = await import('../alert/webhook.js');
    return [createWebhook({ ...wanted, key: alertSecrets.webhookKey }, { send: await httpSender(), clock })];
  }

  /** The channels that are switched on, as now deployed. */
  const alertChannels = once(async () => {
    const reader = await settings();
    return {
      async current(): Promise<AlertChannel[]> {
        const current = await reader.current();
        return await webhook(current);
      },
    };
  });

  return {
    alertChannels,
    /** @param translate translates messages; from the pages' texts */
    async alerting(translate: Translate) {
      const [reader, rows, { describeConfigurations }, { formatTime, showFor }] = await Promise.all([
        settings(),
        renewalRows(),
        import('../usecases/alert/describe-configurations.js'),
        import('../web/locale.js'),
      ]);
      return {
        alerts: await alerts(),
        channels: await alertChannels(),
        settings: reader,
        reader(current: Settings) {
          const language = alertText(current, 'Language') || current.text('DefaultLanguage', 'en');
          const page = { language, timeZone: current.text(COMMON.settings.timeZone, 'UTC') || 'UTC' };
          return {
            t: (text: Phrase) => translate(language, text),
            time: (at: Date) => formatTime(at, page),
            show: showFor(page, clock()),
          };
        },
        describe: (subjects: string[], texts: Parameters<typeof describeConfigurations>[2]) =>
          describeConfigurations({ renewalRows: rows, settings: reader, clock }, subjects, texts),
        link: (current: Settings) =>
          redirectUri(current).replace(CALLBACK, `index.pl?Action=${COMMON.screens.action}`),
      };
    },
  };
}
