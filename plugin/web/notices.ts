import type { Usage } from '../domain/ports.js';
import { phrase } from '../lib/phrase.js';
import type { Parameters } from './parameters.js';
import type { Translate } from './render.js';
import type { MessageBox } from './respond.js';
import { screenUrl } from './screen-url.js';

/** What a change reports after its redirect, by the parameter Notice. */
export const NOTICES = {
  saved: ['Success', 'The token configuration was saved.'],
  'saved-consent': [
    'Warning',
    'The token configuration was saved. The stored token was made for the old client ID, endpoints or scope: request a new token.',
  ],
  mended: ['Success', 'What was missing was added to the token configuration.'],
  'mended-consent': [
    'Warning',
    'What was missing was added to the token configuration. Request a new token, so that it has an effect.',
  ],
  'shared-marked': ['Success', 'The shared mailboxes were saved.'],
  deleted: ['Success', 'The token configuration and its tokens were deleted.'],
  received: ['Success', 'A new token was received and stored.'],
  incomplete: [
    'Warning',
    'A new token was stored, but the provider sent no refresh token, so the access ends soon. Google needs the parameters access_type=offline and prompt=consent, other providers the scope offline_access; then request a new token.',
  ],
  renewed: ['Success', 'The token was renewed.'],
} as const satisfies Record<string, readonly [MessageBox['kind'], string]>;

export type Notice = keyof typeof NOTICES;

/** The address of the overview with a notice. */
export const overviewWith = (notice: Notice, counts: Record<string, number> = {}) =>
  screenUrl('', { Notice: notice, ...counts });

const USAGES = ['MailAccounts', 'Outbound', 'WebServices'] as const;
const USED = phrase(
  'From now on it is used by: mail accounts (%s), settings for outbound e-mail (%s), web services (%s).',
);

/** What saving has changed for others, as numbers for the address. */
export function noticeOfSave(
  { mailAccounts, smtp, webServices }: Usage,
  consent: boolean,
): [Notice, Record<string, number>] {
  const numbers = [mailAccounts.length, smtp ? 1 : 0, webServices.length];
  const counts = numbers.some(Boolean)
    ? Object.fromEntries(USAGES.map((name, at) => [name, numbers[at] ?? 0]))
    : {};
  return [consent ? 'saved-consent' : 'saved', counts];
}

const count = (parameters: Parameters, name: string) => Number.parseInt(parameters.one(name) ?? '0', 10) || 0;

/** The box for the parameter Notice; null where there is none, or an unknown one. */
export function readNotice(
  parameters: Parameters,
  language: string,
  translate: Translate,
): MessageBox | null {
  const name = parameters.one('Notice') ?? '';
  if (!Object.hasOwn(NOTICES, name)) return null;
  const [kind, text] = NOTICES[name as Notice];
  const used = USAGES.map((counted) => count(parameters, counted));
  const more = used.some(Boolean) ? [translate(language, USED, ...used)] : [];
  return { kind, text: [translate(language, text), ...more].join(' ') };
}
