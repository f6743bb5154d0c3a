import { isClientCredentials } from '../../domain/configuration/auth-flow.js';
import { delegationOf, serviceAccountOf } from '../../domain/configuration/service-account.js';
import type { TokenConfig } from '../../domain/configuration/token-config.js';
import { type Identity, nameOf } from '../../domain/consent/identity.js';
import type { TokenClaims } from '../../domain/consent/token-claims.js';
import type { Abilities } from '../../domain/helpdesk/abilities.js';
import { accountFormUrl } from '../../domain/mailbox/account-form.js';
import { grantCommand } from '../../domain/mailbox/exchange-lines.js';
import { hostKind } from '../../domain/mailbox/explain-refusal.js';
import type { MailServer, MailServers } from '../../domain/mailbox/mail-server.js';
import { outboundCommand, outboundSettings } from '../../domain/mailbox/outbound-settings.js';
import type { KeyState } from '../../domain/provider/client-keys.js';
import { phrase } from '../../lib/phrase.js';
import type { KnownMailbox, OtherAccount } from '../../usecases/list-mailboxes.js';
import type { Reader } from '../reader.js';
import { presentAppAccess } from './app-access.js';
import { presentMailbox } from './mailbox-test.js';

export interface NextStepsFacts {
  /** Of the key of a service account; null: the configuration has none. */
  keyState?: KeyState | null;
  config: TokenConfig;
  identity: Identity | null;
  servers: MailServers;
  accounts: readonly (KnownMailbox | OtherAccount)[];
  abilities: Pick<Abilities, 'mailAccounts' | 'smtp' | 'scripts'>;
  /** A mailbox that was entered by its address: a shared one, or the one of a token that names nobody. */
  other: string;
  /** Of the stored token; null: none, or one that is not readable. */
  claims: TokenClaims | null;
  hasToken: boolean;
  /** Name of the setting that says how outbound mail signs in. */
  signIn: string;
  /** The object ID of the enterprise application as entered. */
  objectId: string;
}

const MOST = 250;

/** An address that was entered; '' if it cannot be one. */
export const readMailboxName = (text: string): string =>
  text.length <= MOST && /^[^\s\p{C}]+$/u.test(text) ? text : '';

/** What the mailbox of a consent signs in with: the first of its names that is an address. */
const addressOf = (identity: Identity | null): string =>
  [identity?.login, identity?.email, identity?.subject].find((name) => name?.includes('@')) ?? '';

/** Buttons for the helpdesk's form, one for each type; without a known server one that leaves them open. */
function receiveButtons(servers: readonly (MailServer | null)[], login: string, configId: number) {
  const offered = servers.length > 0 ? servers : [null];
  return offered.map((server, at) => ({
    type: server?.type ?? '',
    address: server?.address ?? '',
    url: accountFormUrl(server, login, configId),
    primary: at === 0,
  }));
}

/** The page that leads from a token to mail. */
export function presentNextSteps(facts: NextStepsFacts, reader: Reader) {
  const { t } = reader;
  const { config, identity, servers, accounts, abilities, other } = facts;
  const owner = identity ? nameOf(identity) : '';
  const account = serviceAccountOf(config.document);
  const login = other || addressOf(identity) || (account?.mailbox ?? '');
  const isMicrosoft = servers.receive
    .concat(servers.send ?? [])
    .some(({ address }) => hostKind(address) === 'microsoft');
  const withoutPerson = isClientCredentials(config.document);
  const mailboxes = [...accounts.map((account) => account.login), other].filter(Boolean);
  const app = presentAppAccess({ ...facts, mailboxes: [...new Set(mailboxes)] }, reader);
  const isShared =
    !app &&
    other !== '' &&
    (owner !== '' || withoutPerson) &&
    other.toLowerCase() !== addressOf(identity).toLowerCase();
  const settings =
    servers.send && login ? outboundSettings(servers.send, login, config.name, facts.signIn) : [];
  return {
    id: config.id,
    name: config.name,
    owner,
    login,
    other,
    isShared,
    withoutPerson,
    serviceAccount: account && {
      ...delegationOf(config.document),
      account: account.account,
      isUsable: facts.keyState === 'usable',
    },
    app,
    /** Who needs a right to a mailbox that is not their own. */
    user: owner || t('The app'),
    /** The helpdesk's page of mail accounts leads back here (sysconfig/scripts). */
    backText: t(phrase('Back to the token configuration "%s": test the mailbox and fetch mail', config.name)),
    receive: abilities.mailAccounts && login ? receiveButtons(servers.receive, login, config.id) : [],
    /** The helpdesk's mail accounts take no token, but the relay's passwords. */
    passwordOnly: !abilities.mailAccounts,
    rights:
      isMicrosoft && isShared
        ? [
            grantCommand(other, owner || 'OBJECT-ID', 'receive'),
            grantCommand(other, owner || 'OBJECT-ID', 'send'),
          ]
        : [],
    isMicrosoft,
    accounts: accounts.filter(({ accountId }) => accountId !== null).map(presentMailbox),
    outbound: accounts.filter(({ accountId }) => accountId === null).map(presentMailbox),
    send:
      abilities.smtp && settings.length > 0
        ? { settings, command: outboundCommand(settings, abilities.scripts) }
        : null,
  };
}
