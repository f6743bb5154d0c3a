import path from 'node:path';
import type { AlertChannel, AlertChannels } from '../domain/alert/alert-channel.js';
import { alertText } from '../domain/alert/alert-settings.js';
import { channelSetups, heartbeatSettings } from '../domain/alert/channel-setups.js';
import { mailSettings } from '../domain/alert/mail-settings.js';
import { webhookSettings } from '../domain/alert/webhook-settings.js';
import { CALLBACK, redirectUri } from '../domain/consent/redirect-uri.js';
import type { Settings } from '../domain/helpdesk/settings.js';
import { COMMON } from '../domain/product/records.js';
import { packageFolder } from '../lib/package-folder.js';
import type { Phrase } from '../lib/phrase.js';
import type { AdapterContext } from './context.js';
import { once } from './once.js';
import type { ProviderAdapters } from './providers.js';
import type { StoreAdapters } from './stores.js';

/** The alert channels, and what messages are written with. */
export function alertAdapters(
  { config, clock }: AdapterContext,
  { settings, alerts, renewalRows, mailWatch, tokenConfigs, tokens }: StoreAdapters,
  { httpSender }: ProviderAdapters,
) {
  const { alertSecrets } = config;

  async function accessToken(name: string): Promise<string | null> {
    const found = await (await tokenConfigs()).byName(name);
    return found && (await (await tokens()).get(found.id)).accessToken;
  }

  async function mail(current: Settings): Promise<AlertChannel[]> {
    const wanted = mailSettings(current, alertSecrets);
    if (wanted === 'off' || 'problem' in wanted) return [];
    const [{ createMail }, { connectAllowed }, { mailAddresses }] = await Promise.all([
      import('../alert/mail.js'),
      import('../mail/connect.js'),
      import('../mail/mailbox-probe.js'),
    ]);
    const rules = mailAddresses(config.allowedAddresses);
    return [createMail(wanted, { connect: (server) => connectAllowed(server, rules, CONNECT), accessToken })];
  }

  async function webhook(current: Settings): Promise<AlertChannel[]> {
    const wanted = webhookSettings(current, alertSecrets.webhookUrl);
    if (typeof wanted === 'string') return [];
    const { createWebhook } = await import('../alert/webhook.js');
    return [createWebhook({ ...wanted, key: alertSecrets.webhookKey }, { send: await httpSender(), clock })];
  }

  async function command(): Promise<AlertChannel[]> {
    if (alertSecrets.command === null) return [];
    const { createCommand } = await import('../alert/command.js');
    return [createCommand(alertSecrets.command)];
  }

  /** The channels, as the settings now say. */
  const alertChannels = once(async (): Promise<AlertChannels> => {
    const reader = await settings();
    return {
      async current() {
        const current = await reader.current();
        return (await Promise.all([mail(current), webhook(current), command()])).flat();
      },
      async heartbeat() {
        const wanted = heartbeatSettings(await reader.current(), alertSecrets);
        if (typeof wanted === 'string') return null;
        const [{ beat }, send] = await Promise.all([import('../alert/heartbeat.js'), httpSender()]);
        return { every: wanted.every, send: () => beat(wanted.url, send) };
      },
      setups: async () => channelSetups(await reader.current(), alertSecrets),
    };
  });

  return {
    alertChannels,
    /** Everything that writes and sends messages, in the language of the alerts. */
    alerting: once(async () => {
      const [reader, rows, watch, { describeSubjects }, { formatTime, showFor }, { createTranslate }] =
        await Promise.all([
          settings(),
          renewalRows(),
          mailWatch(),
          import('../usecases/alert/describe-subjects.js'),
          import('../web/locale.js'),
          import('../web/translate.js'),
        ]);
      const { translate, textLanguage } = createTranslate(path.join(packageFolder(), 'templates/locales'));
      return {
        alerts: await alerts(),
        channels: await alertChannels(),
        settings: reader,
        reader(current: Settings) {
          const language = alertText(current, 'Language') || current.text('DefaultLanguage', 'en');
          const page = {
            language: textLanguage(language),
            timeZone: current.text(COMMON.settings.timeZone, 'UTC') || 'UTC',
          };
          return {
            t: (text: Phrase) => translate(language, text),
            time: (at: Date) => formatTime(at, page),
            show: showFor(page, clock()),
          };
        },
        describe: (subjects: string[], texts: Parameters<typeof describeSubjects>[2]) =>
          describeSubjects({ renewalRows: rows, mailWatch: watch, settings: reader, clock }, subjects, texts),
        link: (current: Settings) =>
          redirectUri(current).replace(CALLBACK, `index.pl?Action=${COMMON.screens.action}`),
        clock,
      };
    }),
  };
}

/** Milliseconds. */
const CONNECT = 8000;
