import { powerShellWord } from '../../lib/shell-words.js';

/** What stands in a line for the object ID while nobody knows it. */
const UNKNOWN = 'OBJECT-ID';

/** An app that signs in by itself, as Exchange knows it. */
export interface AppAtExchange {
  clientId: string;
  /** Of its enterprise application (service principal), not of its registration; null: unknown. */
  objectId: string | null;
}

/**
 * Signs an administrator in.
 * @param environment of a national cloud; null: the worldwide one
 */
export const connectCommand = (tenant: string, environment: string | null): string =>
  `Connect-ExchangeOnline${environment === null ? '' : ` -ExchangeEnvironmentName ${environment}`} -Organization ${powerShellWord(tenant)}`;

/** The user that stands for the app in Exchange's lines. */
export const exchangeUser = ({ objectId }: AppAtExchange): string => objectId ?? UNKNOWN;

/** Grants the right by which one user opens another mailbox, or sends as it. */
export const grantCommand = (mailbox: string, user: string, use: 'receive' | 'send'): string =>
  use === 'receive'
    ? `Add-MailboxPermission -Identity ${powerShellWord(mailbox)} -User ${powerShellWord(user)} -AccessRights FullAccess -AutoMapping $false`
    : `Add-RecipientPermission -Identity ${powerShellWord(mailbox)} -Trustee ${powerShellWord(user)} -AccessRights SendAs`;

/** Registers the app at Exchange, once for all mailboxes. */
export const registerCommand = (app: AppAtExchange, name: string): string =>
  `New-ServicePrincipal -AppId ${powerShellWord(app.clientId)} -ObjectId ${powerShellWord(exchangeUser(app))} -DisplayName ${powerShellWord(name)}`;

/** Shows under which object ID the app is registered at Exchange. */
export const showCommand = ({ clientId }: AppAtExchange): string =>
  `Get-ServicePrincipal -Identity ${powerShellWord(clientId)} | Format-List AppId,ObjectId`;

/** Removes a registration with the wrong object ID. */
export const unregisterCommand = ({ clientId }: AppAtExchange): string =>
  `Remove-ServicePrincipal -Identity ${powerShellWord(clientId)}`;
