import { createHmac } from 'node:crypto';
import type { AlertChannel } from '../domain/alert/alert-channel.js';
import type { HttpSender } from '../domain/alert/http-sender.js';
import { type WebhookFormat, webhookBody } from '../domain/alert/webhook-body.js';
import type { Clock } from '../domain/clock.js';

export interface WebhookOptions {
  url: URL;
  /** The signing key; null: requests are not signed. */
  key: Buffer | null;
  format: WebhookFormat;
}

/**
 * The headers of Standard Webhooks (https://www.standardwebhooks.com): ID, time and HMAC-SHA256 of both and
 * the body.
 */
function signedHeaders(
  { id, key, body }: { id: string; key: Buffer | null; body: string },
  now: Date,
): Record<string, string> {
  const timestamp = String(Math.floor(now.getTime() / 1000));
  const headers = { 'webhook-id': id, 'webhook-timestamp': timestamp };
  if (key === null) return headers;
  const signature = createHmac('sha256', key).update(`${id}.${timestamp}.${body}`).digest('base64');
  return { ...headers, 'webhook-signature': `v1,${signature}` };
}

/** Posts each message to one address. */
export function createWebhook(
  { url, key, format }: WebhookOptions,
  { send, clock }: { send: HttpSender; clock: Clock },
): AlertChannel {
  return {
    name: 'webhook',
    async send(message) {
      const { body, type } = webhookBody(message, format);
      const answer = await send({
        url,
        method: 'POST',
        headers: {
          'Content-Type': type,
          'Content-Length': String(Buffer.byteLength(body)),
          ...signedHeaders({ id: message.id, key, body }, clock()),
        },
        body,
      });
      if ('code' in answer) return { ok: false, answer: answer.code };
      const words = `HTTP ${answer.status}${answer.text === '' ? '' : `: ${answer.text}`}`;
      if (answer.status >= 200 && answer.status < 300) return { ok: true, answer: words };
      return {
        ok: false,
        answer: words,
        gone: answer.status === 410,
        ...(answer.retryAfter === null ? {} : { retryAfter: answer.retryAfter }),
      };
    },
  };
}
