import type { Usage } from '../domain/mailbox/usage.js';
import { phrase } from '../lib/phrase.js';
import type { Parameters } from './parameters.js';
import type { Reader } from './reader.js';
import type { MessageBox } from './respond.js';
import { screenUrl } from './screen-url.js';

/** The messages that the parameter Notice selects after a change and its redirect. */
export const NOTICES = {
  saved: ['Success', 'The token configuration was saved.'],
  'saved-new': [
    'Success',
    'The token configuration was saved. Now request a token, and sign in at the provider as the mailbox, not as yourself.',
  ],
  'saved-consent': [
    'Warning',
    'The token configuration was saved. The stored token was issued for the old client ID, endpoints, or scope: request a new token.',
  ],
  'saved-mailbox': [
    'Warning',
    'The token configuration was saved, but no token for the new mailbox was received. The stored token may be that of the old mailbox: check the state, then renew it.',
  ],
  'saved-renewed': ['Success', 'The token configuration was saved, and a token of its mailbox was stored.'],
  'entries-added': ['Success', 'The missing entries were added to the token configuration.'],
  'entries-added-consent': [
    'Warning',
    'The missing entries were added to the token configuration. Request a new token for them to take effect.',
  ],
  'shared-marked': ['Success', 'The shared mailboxes were saved.'],
  muted: ['Success', 'The mailbox is muted. Until then, notification bar and alerts do not mention it.'],
  unmuted: ['Success', 'The mailbox is no longer muted.'],
  'relay-password-revoked': [
    'Success',
    'The relay password was revoked. Its program can no longer sign in; connections that are already signed in continue until they end.',
  ],
  deleted: ['Success', 'The token configuration and its tokens were deleted.'],
  'admin-consent': [
    'Success',
    'An administrator has granted the permissions. Tokens issued before do not contain them: renew the token now, or request a new one if somebody signs in.',
  ],
  received: ['Success', 'A new token was received and stored.'],
  incomplete: [
    'Warning',
    'A new token was stored, but the provider sent no refresh token, so access will end soon. Google needs the parameters access_type=offline and prompt=consent; other providers need the scope offline_access. Add them, then request a new token.',
  ],
  'key-imported': [
    'Success',
    'The key was stored. The sidecar requests a token within a minute; nobody has to consent.',
  ],
  renewed: ['Success', 'The token was renewed.'],
} as const satisfies Record<string, readonly [MessageBox['kind'], string]>;

export type Notice = keyof typeof NOTICES;

/** Notices after which a token must be requested: their box has the button for it. */
const REQUEST: readonly string[] = [
  'saved-new',
  'saved-consent',
  'entries-added-consent',
  'incomplete',
] satisfies Notice[];

/**
 * The URL of the overview with a notice.
 * @param numbers the configuration's ID, and what saving has changed
 */
export const overviewWith = (notice: Notice, numbers: Record<string, number> = {}) =>
  screenUrl('', { Notice: notice, ...numbers });

const USAGES = ['MailAccounts', 'Outbound', 'WebServices'] as const;
const USED = phrase(
  'It is now used by: mail accounts (%s), outbound e-mail settings (%s), web services (%s).',
);

/** What saving has changed for users of the configuration, as numbers for the URL. */
export function noticeOfSave(
  { mailAccounts, smtp, profiles, webServices }: Usage,
  notice: Notice,
): [Notice, Record<string, number>] {
  const numbers = [mailAccounts.length, (smtp ? 1 : 0) + profiles.length, webServices.length];
  const counts = numbers.some(Boolean)
    ? Object.fromEntries(USAGES.map((name, at) => [name, numbers[at] ?? 0]))
    : {};
  return [notice, counts];
}

const count = (parameters: Parameters, name: string) => Number.parseInt(parameters.one(name) ?? '0', 10) || 0;

/** The box for the parameter Notice; null if it is missing or unknown. */
export function readNotice(parameters: Parameters, { t }: Reader): MessageBox | null {
  const name = parameters.one('Notice') ?? '';
  if (!Object.hasOwn(NOTICES, name)) return null;
  const [kind, text] = NOTICES[name as Notice];
  const used = USAGES.map((counted) => count(parameters, counted));
  const more = used.some(Boolean) ? [t(USED, ...used)] : [];
  const id = REQUEST.includes(name) ? count(parameters, 'ID') : 0;
  return {
    kind,
    text: [t(text), ...more].join(' '),
    ...(id > 0 ? { requestTokenFor: id } : {}),
  };
}
