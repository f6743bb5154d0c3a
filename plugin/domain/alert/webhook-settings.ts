import type { Settings } from '../helpdesk/settings.js';
import { alertText } from './alert-settings.js';
import { WEBHOOK_FORMATS, type WebhookFormat } from './webhook-body.js';

/** An address for requests; null unless it is http or https without credentials in it. */
export function requestUrl(text: string): URL | null {
  if (!URL.canParse(text)) return null;
  const url = new URL(text);
  const isPlain = url.username === '' && url.password === '';
  return isPlain && (url.protocol === 'https:' || url.protocol === 'http:') ? url : null;
}

/**
 * The address and format of the webhook.
 * @param secretUrl takes precedence over the setting
 * @returns off: there is no address; invalid: it cannot be used
 */
export function webhookSettings(
  settings: Settings,
  secretUrl: string | null,
): 'off' | 'invalid' | { url: URL; format: WebhookFormat } {
  const address = secretUrl ?? alertText(settings, 'Webhook::URL');
  if (address === '') return 'off';
  const url = requestUrl(address);
  const format =
    WEBHOOK_FORMATS.find((name) => name === alertText(settings, 'Webhook::Format')) ?? 'standard';
  return url ? { url, format } : 'invalid';
}
