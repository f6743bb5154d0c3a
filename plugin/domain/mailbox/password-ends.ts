import { type Phrase, phrase } from '../../lib/phrase.js';
import { COMMON } from '../product/records.js';
import type { PasswordUse } from './password-uses.js';

/** When a provider ends sign-in with passwords. */
export interface PasswordEnd {
  provider: 'microsoft' | 'google';
  /** Service as its provider names it; not translated. */
  service: string;
  /** Host names, in lower case. */
  hosts: RegExp;
  protocols: readonly PasswordUse['protocol'][];
  /** The last or first day on which it ends, as the provider has announced; null: no day is known. */
  day: string | null;
  /** What else to know. */
  note?: Phrase;
  /** The provider's page. */
  source: string;
  /** When somebody last compared this entry with the page. */
  checked: string;
  /** Which template begins the move; null: the page that asks who signs in at Microsoft. */
  template: string | null;
}

const CHECKED = '2026-11-29';
const EXCHANGE =
  'https://learn.microsoft.com/en-us/exchange/clients-and-mobile-in-exchange-online/deprecation-of-basic-authentication-exchange-online';
const EXCHANGE_HOSTS = /(^|\.)(office365\.com|outlook\.office\.com)$/;
const microsoft = { provider: 'microsoft', checked: CHECKED, template: null } as const;
const google = {
  provider: 'google',
  note: phrase('An app password of an account with 2-Step Verification still works.'),
  source: 'https://support.google.com/a/answer/14114704',
  checked: CHECKED,
  template: 'google-mail',
} as const;

/** The first entry that applies counts. */
export const PASSWORD_ENDS: readonly PasswordEnd[] = [
  {
    ...microsoft,
    service: 'Exchange Online',
    hosts: EXCHANGE_HOSTS,
    protocols: ['smtp'],
    day: '2026-12-31',
    note: phrase('An administrator of the tenant can allow them again after that date.'),
    source:
      'https://techcommunity.microsoft.com/t5/exchange-team-blog/exchange-online-to-retire-basic-auth-for-client-submission-smtp/ba-p/4114750',
  },
  {
    ...microsoft,
    service: 'Exchange Online',
    hosts: EXCHANGE_HOSTS,
    protocols: ['imap', 'pop3', 'http'],
    day: '2022-10-01',
    source: EXCHANGE,
  },
  {
    ...microsoft,
    service: 'Outlook.com',
    hosts: /(^|\.)((imap-mail|pop-mail|smtp-mail)\.outlook\.com|(imap|pop3?|smtp)\.live\.com)$/,
    protocols: ['imap', 'pop3', 'smtp'],
    day: '2024-09-16',
    source:
      'https://support.microsoft.com/en-us/office/modern-authentication-methods-now-needed-to-continue-syncing-outlook-email-in-non-microsoft-email-apps-c5d65390-9676-4763-b41f-d7986499a90d',
  },
  {
    ...microsoft,
    service: 'Microsoft 365 US Government',
    hosts: /(^|\.)office365\.us$/,
    protocols: ['imap', 'pop3', 'smtp', 'http'],
    day: null,
    source: EXCHANGE,
    template: 'microsoft-us-government',
  },
  {
    ...microsoft,
    service: 'Microsoft 365 (21Vianet, China)',
    hosts: /(^|\.)partner\.outlook\.cn$/,
    protocols: ['imap', 'pop3', 'smtp', 'http'],
    day: null,
    source: EXCHANGE,
    template: 'microsoft-china',
  },
  {
    ...google,
    service: 'Gmail, Google Workspace',
    hosts: /^(imap|pop|smtp|smtp-relay)\.(gmail|googlemail)\.com$/,
    protocols: ['imap', 'pop3', 'smtp'],
    day: '2025-05-01',
  },
  {
    ...google,
    service: 'Google',
    hosts: /(^|\.)googleapis\.com$/,
    protocols: ['http'],
    day: '2025-05-01',
  },
];

/** The announcement that concerns a sign-in; null: none is known, or it is at another provider. */
export const passwordEndOf = ({
  host,
  protocol,
}: Pick<PasswordUse, 'host' | 'protocol'>): PasswordEnd | null =>
  PASSWORD_ENDS.find(({ hosts, protocols }) => protocols.includes(protocol) && hosts.test(host)) ?? null;

/** ahead: it still works; over: the day has passed; app-password: over, except for these; unknown: no day is known. */
export type PasswordStage = 'ahead' | 'over' | 'app-password' | 'unknown';

export function stageOf({ day, provider }: PasswordEnd, now: Date): PasswordStage {
  if (day === null) return 'unknown';
  if (now.toISOString().slice(0, 10) <= day) return 'ahead';
  return provider === 'google' ? 'app-password' : 'over';
}

/** The page that begins the move, relative to the helpdesk's index.pl. */
export const moveLink = ({ template }: Pick<PasswordEnd, 'template'>): string => {
  const screen = `index.pl?Action=${COMMON.screens.action};Subaction=`;
  return template === null
    ? `${screen}ConnectMicrosoft`
    : `${screen}AddTokenConfigByTemplateFile;TokenConfigTemplateFilename=${template}`;
};
