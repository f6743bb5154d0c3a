import { posixWord } from '../../lib/shell-words.js';
import { type Scripts, settingCommand } from '../helpdesk/helpdesk-scripts.js';
import type { MailServer } from './mail-server.js';
import { MAIL_TYPES, type MailType, splitAddress } from './mailbox.js';

export interface OutboundSetting {
  name: string;
  value: string;
}

/**
 * The helpdesk's settings that send mail with a token configuration, which they name by its name. `SMTPTLS`
 * is also the name of the helpdesk's module.
 * @param signIn from outboundSignIn()
 */
export function outboundSettings(
  { type, address }: MailServer,
  login: string,
  configName: string,
  signIn: string,
): OutboundSetting[] {
  const server = splitAddress(address, type);
  return [
    { name: 'SendmailModule', value: `Kernel::System::Email::${type}` },
    { name: 'SendmailModule::Host', value: server?.host ?? address },
    { name: 'SendmailModule::Port', value: String(server?.port ?? MAIL_TYPES[type].port) },
    { name: signIn, value: 'oauth2_token' },
    { name: 'SendmailModule::AuthUser', value: login },
    { name: 'SendmailModule::OAuth2TokenConfigName', value: configName },
  ];
}

/** Takes the password. */
export const PASSWORD_SETTING = 'SendmailModule::AuthPassword';

/**
 * The helpdesk's settings that send mail with a password, except for the password itself.
 * @param usesTokens the helpdesk can also send mail with a token, so a setting says which of the two
 */
export const passwordSettings = (
  { type, host, port }: { type: MailType; host: string; port: number },
  login: string,
  usesTokens: boolean,
): OutboundSetting[] => [
  { name: 'SendmailModule', value: `Kernel::System::Email::${type}` },
  { name: 'SendmailModule::Host', value: host },
  { name: 'SendmailModule::Port', value: String(port) },
  ...(usesTokens ? [{ name: 'SendmailModule::AuthenticationType', value: 'password' }] : []),
  { name: 'SendmailModule::AuthUser', value: login },
];

/** The commands that set them, one after the other, for the shell of the helpdesk's user. */
export const outboundCommand = (settings: readonly OutboundSetting[], scripts: Scripts): string =>
  settings.map(({ name, value }) => settingCommand(scripts, name, posixWord(value))).join(' &&\n');
