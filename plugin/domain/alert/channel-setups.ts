import { type Phrase, phrase } from '../../lib/phrase.js';
import type { Settings } from '../helpdesk/settings.js';
import type { ChannelSetup } from './alert-channel.js';
import type { AlertSecrets } from './alert-secrets.js';
import { alertNumber, alertText } from './alert-settings.js';
import { mailSettings } from './mail-settings.js';
import { requestUrl, webhookSettings } from './webhook-settings.js';

const MINUTE = 60_000;

/** The address of the heartbeat and how often it is called, in milliseconds. */
export function heartbeatSettings(
  settings: Settings,
  { heartbeatUrl }: Pick<AlertSecrets, 'heartbeatUrl'>,
): 'off' | 'invalid' | { url: URL; every: number } {
  const address = heartbeatUrl ?? alertText(settings, 'Heartbeat::URL');
  if (address === '') return 'off';
  const url = requestUrl(address);
  const every = alertNumber(settings, 'Heartbeat::Minutes', { usual: 5, least: 1, most: 1440 }) * MINUTE;
  return url ? { url, every } : 'invalid';
}

const on = (...remarks: Phrase[]): Pick<ChannelSetup, 'state' | 'remarks'> => ({ state: 'on', remarks });
const OFF: Pick<ChannelSetup, 'state' | 'remarks'> = { state: 'off', remarks: [] };
const broken = (remark: Phrase): Pick<ChannelSetup, 'state' | 'remarks'> => ({
  state: 'problem',
  remarks: [remark],
});

function mail(settings: Settings, secrets: AlertSecrets): Pick<ChannelSetup, 'state' | 'remarks'> {
  const wanted = mailSettings(settings, secrets);
  if (wanted === 'off') return OFF;
  if ('problem' in wanted) return broken(wanted.problem);
  const { auth } = wanted.server;
  return auth && 'tokenConfig' in auth
    ? on(
        phrase(
          "Alerts use the helpdesk's outbound mail, which itself signs in with a token (%s): if that token stops working, nobody is alerted. Enter another mail server for the alerts, or add a second channel.",
          auth.tokenConfig,
        ),
      )
    : on();
}

function webhook(settings: Settings, secrets: AlertSecrets): Pick<ChannelSetup, 'state' | 'remarks'> {
  const wanted = webhookSettings(settings, secrets.webhookUrl);
  if (wanted === 'off') return OFF;
  if (wanted === 'invalid')
    return broken(
      phrase(
        'The address of the webhook must begin with https:// or http:// and must not contain a password.',
      ),
    );
  return on(
    ...(wanted.url.protocol === 'https:'
      ? []
      : [phrase('The webhook is sent without encryption: use an address that begins with https://.')]),
    ...(wanted.format === 'standard' && secrets.webhookKey === null
      ? [
          phrase(
            'The webhook is not signed, so its receiver cannot tell who sent it: set SIDECAR_ALERT_WEBHOOK_SECRET in the configuration file of the sidecar.',
          ),
        ]
      : []),
  );
}

function heartbeat(settings: Settings, secrets: AlertSecrets): Pick<ChannelSetup, 'state' | 'remarks'> {
  const wanted = heartbeatSettings(settings, secrets);
  if (wanted === 'off') return OFF;
  return wanted === 'invalid'
    ? broken(
        phrase(
          'The address of the heartbeat must begin with https:// or http:// and must not contain a password.',
        ),
      )
    : on();
}

/** What the settings say about each channel. */
export const channelSetups = (settings: Settings, secrets: AlertSecrets): ChannelSetup[] => [
  { name: 'mail', ...mail(settings, secrets) },
  { name: 'webhook', ...webhook(settings, secrets) },
  { name: 'command', ...(secrets.command === null ? OFF : on()) },
  { name: 'heartbeat', ...heartbeat(settings, secrets) },
];
