import { type Phrase, phrase } from '../../lib/phrase.js';
import { isClientCredentials, requestKindsOf } from './auth-flow.js';
import { isGuid, OWN_TENANT, tenantOf } from './microsoft-tenant.js';
import { scopeList } from './scopes.js';
import type { TokenConfigDocument } from './token-config.js';

/** Who signs in: people of one tenant, of any tenant, with personal accounts, all of these, or nobody. */
export const SIGN_INS = ['tenant', 'organizations', 'consumers', 'common', 'application'] as const;
export type SignIn = (typeof SIGN_INS)[number];

/** Does it need the ID or domain of one tenant? */
export const needsTenant = (signIn: SignIn): boolean => signIn === 'tenant' || signIn === 'application';

/** The name of the template from which such a configuration starts. */
export const SETUP_TEMPLATES: Readonly<Record<SignIn, string>> = {
  tenant: 'Microsoft Organizations',
  organizations: 'Microsoft Organizations',
  consumers: 'Microsoft Consumers',
  common: 'Microsoft Common',
  application: 'Microsoft 365 (client credentials)',
};

export const RECEIVES = ['imap', 'pop3', 'none'] as const;

/** What the helpdesk does with the mailbox. */
export interface MailUses {
  receive: (typeof RECEIVES)[number];
  send: boolean;
}

/** Who signs in and what the mailbox is for; `signIn` is null before it was chosen. */
export interface MicrosoftChoice {
  signIn: SignIn | null;
  /** The ID or domain of the tenant; '' if none was given. */
  tenant: string;
  uses: MailUses;
}

/** What is wrong with a choice: field of the page -> text; empty if nothing is. */
export function faultsOf({ signIn, tenant, uses }: MicrosoftChoice): Readonly<Record<string, Phrase>> {
  if (signIn && needsTenant(signIn) && !OWN_TENANT.test(tenant))
    return {
      TenantName: phrase('Enter a directory ID (GUID) or a domain, as shown in the Entra admin centre.'),
    };
  if (uses.receive === 'none' && !uses.send)
    return { Receive: phrase('Choose whether the helpdesk receives mail, sends mail, or both.') };
  return {};
}

/** What the word in front of the dot of a scope or permission stands for. */
const PROTOCOLS: Readonly<Record<string, (uses: MailUses) => boolean>> = {
  IMAP: ({ receive }) => receive === 'imap',
  POP: ({ receive }) => receive === 'pop3',
  SMTP: ({ send }) => send,
};

/** `IMAP.AccessAsUser.All` of `https://outlook.office.com/IMAP.AccessAsUser.All`, as the portal names it. */
const nameOf = (scope: string): string => scope.replace(/^.*\//, '');

const isFor = (scope: string, uses: MailUses): boolean =>
  PROTOCOLS[nameOf(scope).split('.')[0] ?? '']?.(uses) ?? true;

/** The scopes of a template that these uses need. */
export const scopeFor = (templateScope: string, uses: MailUses): string =>
  scopeList(templateScope)
    .filter((scope) => isFor(scope, uses))
    .join(' ');

const APPLICATION = ['IMAP.AccessAsApp', 'POP.AccessAsApp', 'SMTP.SendAsApp'];

/** A permission of an app registration. */
export interface Permission {
  /** As the portal names it. */
  name: string;
  /** The scope that requests it; '' for a permission that no scope of its own requests. */
  scope: string;
}

/**
 * The permissions that an app registration needs.
 * @param scopes requested ones; they do not matter for a client that uses client credentials
 * @param uses null: unknown
 */
export function permissionsOf(
  document: TokenConfigDocument,
  scopes: readonly string[],
  uses: MailUses | null,
): Permission[] {
  if (isClientCredentials(document))
    return APPLICATION.filter((name) => uses === null || isFor(name, uses)).map((name) => ({
      name,
      scope: '',
    }));
  return scopes.map((scope) => ({ name: nameOf(scope), scope }));
}

/** Does Microsoft issue the tokens, in whichever of its clouds? */
export const isOfMicrosoft = (document: TokenConfigDocument): boolean =>
  requestKindsOf(document).some(
    (kind) => tenantOf(String(document.Requests?.[kind]?.Request?.URL ?? '')) !== undefined,
  );

/** Does the app of a configuration belong into the Entra admin centre, which national clouds do not use? */
export const isInEntra = (document: TokenConfigDocument): boolean =>
  requestKindsOf(document).some((kind) => {
    const url = String(document.Requests?.[kind]?.Request?.URL ?? '');
    return /^https:\/\/login\.microsoftonline\.com\//i.test(url) && tenantOf(url) !== undefined;
  });

const PORTAL = 'https://entra.microsoft.com/#view/Microsoft_AAD_RegisteredApps';

/** The permissions of an app in the Entra admin centre, or the list of all apps if the ID is none. */
export const portalUrl = (clientId: string): string =>
  isGuid(clientId)
    ? `${PORTAL}/ApplicationMenuBlade/~/CallAnAPI/appId/${clientId}`
    : `${PORTAL}/ApplicationsListBlade`;
