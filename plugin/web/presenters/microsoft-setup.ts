import {
  faultsOf,
  type MailUses,
  type MicrosoftChoice,
  RECEIVES,
  SIGN_INS,
  type SignIn,
} from '../../domain/configuration/microsoft-setup.js';
import { type Phrase, phrase } from '../../lib/phrase.js';
import type { Parameters } from '../parameters.js';
import type { Reader } from '../reader.js';

/** The choice, and what the portal calls it under "Supported account types". */
const SIGN_IN_TEXTS: Readonly<Record<SignIn, readonly [choice: Phrase, help: Phrase]>> = {
  tenant: [
    phrase('People of one tenant'),
    phrase(
      'Supported account types: Single tenant only (formerly: Accounts in this organizational directory only).',
    ),
  ],
  organizations: [
    phrase('People of any tenant'),
    phrase(
      'Supported account types: Multiple Entra ID tenants (formerly: Accounts in any organizational directory).',
    ),
  ],
  consumers: [
    phrase('People with a personal account'),
    phrase(
      'Supported account types: Personal accounts only (formerly: Personal Microsoft accounts only). For Outlook.com and Hotmail.',
    ),
  ],
  common: [
    phrase('People of any tenant or with a personal account'),
    phrase(
      'Supported account types: Any Entra ID tenant + Personal Microsoft accounts (formerly: Accounts in any organizational directory and personal Microsoft accounts).',
    ),
  ],
  application: [
    phrase('Nobody: the app itself'),
    phrase(
      'The app obtains its tokens with its secret alone. An administrator gives it access to each mailbox in Exchange.',
    ),
  ],
};

const RECEIVE_TEXTS: Readonly<Record<MailUses['receive'], Phrase>> = {
  imap: phrase('by IMAP'),
  pop3: phrase('by POP3'),
  none: phrase('do not receive mail'),
};

const oneOf = <T extends string>(values: readonly T[], given: string | undefined): T | undefined =>
  values.find((value) => value === given);

/** What the helpdesk does with the mailbox; null if the request does not say. */
export function readUses(parameters: Parameters): MailUses | null {
  const receive = oneOf(RECEIVES, parameters.one('Receive'));
  return receive ? { receive, send: parameters.flag('Send') } : null;
}

export const readChoice = (parameters: Parameters): MicrosoftChoice => ({
  signIn: oneOf(SIGN_INS, parameters.one('SignIn')) ?? null,
  tenant: (parameters.one('TenantName') ?? '').trim(),
  uses: readUses(parameters) ?? { receive: 'imap', send: true },
});

/** The page that asks who signs in and what for. */
export function presentMicrosoft(choice: MicrosoftChoice, { t }: Reader) {
  const faults = choice.signIn ? faultsOf(choice) : {};
  return {
    signIns: SIGN_INS.map((value) => ({
      value,
      text: t(SIGN_IN_TEXTS[value][0]),
      help: t(SIGN_IN_TEXTS[value][1]),
      checked: value === (choice.signIn ?? 'tenant'),
    })),
    tenant: choice.tenant,
    receives: RECEIVES.map((value) => ({
      value,
      text: t(RECEIVE_TEXTS[value]),
      checked: value === choice.uses.receive,
    })),
    send: choice.uses.send,
    errors: Object.fromEntries(Object.entries(faults).map(([field, text]) => [field, t(text)])),
    focus: Object.keys(faults)[0],
  };
}
