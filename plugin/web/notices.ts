import type { Parameters } from './parameters.js';
import type { Translate } from './render.js';
import type { MessageBox } from './respond.js';
import { screenUrl } from './screen-url.js';

/** What a change reports after its redirect, by the parameter Notice. */
export const NOTICES = {
  saved: ['Success', 'The token configuration was saved.'],
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
export const overviewWith = (notice: Notice) => screenUrl('', { Notice: notice });

/** The box for the parameter Notice; null where there is none, or an unknown one. */
export function readNotice(
  parameters: Parameters,
  language: string,
  translate: Translate,
): MessageBox | null {
  const name = parameters.one('Notice') ?? '';
  if (!Object.hasOwn(NOTICES, name)) return null;
  const [kind, text] = NOTICES[name as Notice];
  return { kind, text: translate(language, text) };
}
