import type { TokenConfig } from '../domain/configuration/token-config.js';
import type { TokenConfigStore } from '../domain/configuration/token-config-store.js';
import type { Settings, SettingsReader } from '../domain/helpdesk/settings.js';
import type { Outbound } from '../domain/mailbox/mail-watch.js';
import { isMailType, type Mailbox, type MailType } from '../domain/mailbox/mailbox.js';
import { sendsWithToken } from '../domain/mailbox/outbound-sign-in.js';
import type { Usage, UsageStore } from '../domain/mailbox/usage.js';
import { SidecarError } from '../errors.js';

/** A mailbox of the helpdesk that signs in with a token configuration. */
export interface KnownMailbox extends Mailbox {
  /** ID of the mail account; null: outbound mail (SendmailModule). */
  accountId: number | null;
}

/**
 * A mail account whose token the helpdesk does not send to a mail server: Znuny 7.2 and newer also fetch through Microsoft
 * Graph (type `MSGraph`), and others sign in at the relay.
 */
export interface OtherAccount {
  accountId: number;
  type: string;
  address: string;
  login: string;
  folder: string;
  /** It signs in at the relay with a password. */
  relayed: boolean;
}

const SMTP_MODULES: Record<string, MailType> = {
  'Kernel::System::Email::SMTP': 'SMTP',
  'Kernel::System::Email::SMTPS': 'SMTPS',
  'Kernel::System::Email::SMTPTLS': 'SMTPTLS',
};

/** Outbound mail as configured in the helpdesk; null if it does not use SMTP. */
export function outboundMailbox(settings: Settings): Mailbox | null {
  const type = SMTP_MODULES[settings.text('SendmailModule')];
  const host = settings.text('SendmailModule::Host');
  if (!type || host === '') return null;
  const port = settings.text('SendmailModule::Port');
  const login = settings.text('SendmailModule::AuthUser');
  return { type, address: port ? `${host}:${port}` : host, login, folder: '' };
}

/** Outbound mail that signs in with a token; null: it uses none. */
export function outboundOf(settings: Settings): Outbound | null {
  const mailbox = outboundMailbox(settings);
  const config = settings.text('SendmailModule::OAuth2TokenConfigName').trim();
  if (!mailbox || config === '' || !sendsWithToken(settings)) return null;
  return { config, login: mailbox.login, host: mailbox.address, type: mailbox.type };
}

/** @throws SidecarError unknown-token-config */
export async function findConfig(deps: { tokenConfigs: TokenConfigStore }, id: number): Promise<TokenConfig> {
  const config = await deps.tokenConfigs.byId(id);
  if (!config) throw new SidecarError('unknown-token-config');
  return config;
}

export interface ListMailboxesDeps {
  tokenConfigs: TokenConfigStore;
  usages: UsageStore;
  settings: SettingsReader;
}

function mailboxesOf(usage: Usage | undefined, settings: Settings) {
  const known: KnownMailbox[] = [];
  const others: OtherAccount[] = [];
  for (const { id, login, host, type, folder, relayed = false } of usage?.mailAccounts ?? []) {
    const account = { accountId: id, address: host, login, folder };
    if (isMailType(type) && !relayed) known.push({ ...account, type });
    else others.push({ ...account, type, relayed });
  }
  const smtp = usage?.smtp ? outboundMailbox(settings) : null;
  if (smtp) known.push({ accountId: null, ...smtp });
  return { known, others };
}

/**
 * Lists the mailboxes that sign in with a configuration, mail accounts first, and the accounts that cannot be
 * tested.
 * @throws SidecarError unknown-token-config
 */
export async function listMailboxes(
  deps: ListMailboxesDeps,
  configId: number,
): Promise<{ known: KnownMailbox[]; others: OtherAccount[] }> {
  const config = await findConfig(deps, configId);
  const usages = await deps.usages.of([config]);
  return mailboxesOf(usages.get(config.id), await deps.settings.current());
}

/** Lists the mailboxes of all configurations, each with its configuration; a fixed number of queries. */
export async function listAllMailboxes(
  deps: ListMailboxesDeps,
): Promise<((KnownMailbox | OtherAccount) & { config: TokenConfig })[]> {
  const configs = await deps.tokenConfigs.all();
  const usages = await deps.usages.of(configs);
  const settings = await deps.settings.current();
  return configs.flatMap((config) => {
    const { known, others } = mailboxesOf(usages.get(config.id), settings);
    return [...known, ...others].map((mailbox) => ({ ...mailbox, config }));
  });
}
