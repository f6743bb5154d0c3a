import type { AlertMessage } from './alert-message.js';

/** What a receiver understands. standard: everything, as JSON; the others: title and text, in their own form. */
export const WEBHOOK_FORMATS = ['standard', 'slack', 'teams', 'text'] as const;
export type WebhookFormat = (typeof WEBHOOK_FORMATS)[number];

/** The message as data, as Standard Webhooks proposes it. */
export const alertData = ({ id: _id, type, at, ...data }: AlertMessage) => ({
  type: `alert.${type}`,
  timestamp: at,
  data,
});

/** Body and media type of a request. */
export function webhookBody(message: AlertMessage, format: WebhookFormat): { body: string; type: string } {
  const json = (value: unknown) => ({ body: JSON.stringify(value), type: 'application/json' });
  const { title, text } = message;
  switch (format) {
    case 'standard':
      return json(alertData(message));
    case 'slack':
      // https://docs.slack.dev/messaging/formatting-message-text: these three characters are escaped.
      return json({ text: escapeSlack(`*${title}*\n${text}`) });
    case 'teams':
      return json(adaptiveCard(title, text));
    case 'text':
      return { body: `${title}\n\n${text}`, type: 'text/plain; charset=utf-8' };
  }
}

const escapeSlack = (text: string): string =>
  text.replaceAll('&', '&amp;').replaceAll('<', '&lt;').replaceAll('>', '&gt;');

/** What a Teams workflow "when a webhook request is received" posts to a channel. */
const adaptiveCard = (title: string, text: string) => ({
  type: 'message',
  attachments: [
    {
      contentType: 'application/vnd.microsoft.card.adaptive',
      content: {
        $schema: 'http://adaptivecards.io/schemas/adaptive-card.json',
        type: 'AdaptiveCard',
        version: '1.4',
        body: [
          { type: 'TextBlock', text: title, weight: 'Bolder', size: 'Medium', wrap: true },
          { type: 'TextBlock', text, wrap: true },
        ],
      },
    },
  ],
});
