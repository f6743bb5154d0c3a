import type { Clock } from '../domain/clock.js';
import { isClientCredentials } from '../domain/configuration/auth-flow.js';
import { isServiceAccount, serviceAccountOf } from '../domain/configuration/service-account.js';
import type { TokenConfigDocument } from '../domain/configuration/token-config.js';
import type { TokenConfigStore } from '../domain/configuration/token-config-store.js';
import type { IdentityStore } from '../domain/consent/identity-store.js';
import { readClaims, type TokenClaims } from '../domain/consent/token-claims.js';
import type { Abilities } from '../domain/helpdesk/abilities.js';
import { helloName } from '../domain/helpdesk/hello-name.js';
import type { SettingsReader } from '../domain/helpdesk/settings.js';
import { addSplitHost, splitHosts } from '../domain/helpdesk/split-hosts.js';
import type { Log } from '../domain/log.js';
import type { AppAtExchange } from '../domain/mailbox/exchange-lines.js';
import { explainMailbox } from '../domain/mailbox/explain-mailbox.js';
import type { LastTests } from '../domain/mailbox/last-test.js';
import {
  type Certificate,
  isMailType,
  MAIL_PORTS,
  type Mailbox,
  type MailboxReport,
  type MailboxStep,
  splitAddress,
  stepsOf,
} from '../domain/mailbox/mailbox.js';
import type { MailboxProbe } from '../domain/mailbox/mailbox-probe.js';
import { type Remedy, remediesOf } from '../domain/mailbox/remedies.js';
import type { UsageStore } from '../domain/mailbox/usage.js';
import type { TokenStore } from '../domain/token/token-store.js';
import { SidecarError } from '../errors.js';
import { type Phrase, phrase } from '../lib/phrase.js';
import { findConfig, type KnownMailbox, listMailboxes } from './list-mailboxes.js';

export interface TestMailboxDeps {
  tokenConfigs: TokenConfigStore;
  tokens: TokenStore;
  usages: UsageStore;
  identities: Pick<IdentityStore, 'of'>;
  settings: SettingsReader;
  mailboxes: MailboxProbe;
  lastTests: LastTests;
  abilities(): Promise<Pick<Abilities, 'scripts'>>;
  clock: Clock;
  log: Log;
}

/** As entered in the form or on the command line, unchecked. */
interface TypedMailbox {
  type: string;
  address: string;
  login: string;
  folder: string;
  /** Send the token even without encryption or to a server with an untrusted certificate. */
  allowUnprotected: boolean;
}

export interface TestMailboxInput {
  configId: number;
  /** ID of a mail account that uses the configuration; `smtp`: outbound mail; or an entered mailbox. */
  mailbox: number | 'smtp' | TypedMailbox;
}

export interface MailboxTest {
  mailbox: Mailbox;
  /** ID of the mail account; null: outbound mail, or an entered mailbox. */
  accountId: number | null;
  outcome: 'ok' | 'warning' | 'fault';
  /** State of the stored access token; the test never renews it. */
  token: { state: 'valid' | 'expired' | 'missing'; expiresAt: Date | null };
  /** All steps of this type; those not reached are `skipped`. */
  steps: MailboxStep[];
  /** What an admin should know and do; empty if all is well. */
  explanation: Phrase[];
  /** What can be done at once about a failure. */
  remedies: Remedy[];
  /** The setting to change, with the command for the helpdesk's console. */
  settingChange: { setting: string; command: string } | null;
  certificate: Certificate | null;
  challenge: string | null;
  transcript: MailboxReport['transcript'];
}

/** @throws SidecarError mailbox-invalid with the form's fields Type, Host and Login */
function check(typed: TypedMailbox, known: KnownMailbox[]): Mailbox {
  const fields: Record<string, Phrase> = {};
  const { type, address, login, folder } = typed;
  if (!isMailType(type))
    throw new SidecarError('mailbox-invalid', { fields: { Type: phrase('Choose a type.') } });
  const split = splitAddress(address, type);
  if (!split)
    fields.Host = phrase(
      'Enter a host name or an IP address, followed by ":port" if it is not the default port.',
    );
  else if (!MAIL_PORTS.includes(split.port) && !known.some((one) => sameServer(one, split)))
    fields.Host = phrase('Only the ports of mail servers are allowed here: %s.', MAIL_PORTS.join(', '));
  if (login === '') fields.Login = phrase('Enter the user name, usually the e-mail address of the mailbox.');
  for (const [field, value] of Object.entries({ Login: login, Folder: folder }))
    if (/\p{Cc}/u.test(value) || value.length > 250)
      fields[field] = phrase('This value is too long or contains characters that are not allowed.');
  if (Object.keys(fields).length > 0) throw new SidecarError('mailbox-invalid', { fields });
  return { type, address: address.trim(), login, folder };
}

function sameServer(one: Mailbox, { host, port }: { host: string; port: number }): boolean {
  const known = splitAddress(one.address, one.type);
  return known !== null && known.host.toLowerCase() === host.toLowerCase() && known.port === port;
}

/**
 * Whose token it is, if that is the app itself: what the token says counts, and what the configuration says where the token
 * is opaque.
 */
function appOf(document: TokenConfigDocument, claims: TokenClaims | null): AppAtExchange | null {
  // The token of a service account is one of the mailbox's user.
  const isForApp = isClientCredentials(document) && !isServiceAccount(document);
  if (!(claims ? claims.isApp || (claims.user === null && isForApp) : isForApp)) return null;
  return { clientId: String(document.ClientID ?? ''), objectId: claims?.objectId ?? null };
}

/**
 * Signs in at a mailbox with the stored access token, as the helpdesk would. Does not renew, delete or mark
 * anything.
 * @throws SidecarError unknown-token-config, unknown-mail-account, mailbox-invalid, mailbox-tests-busy
 */
export async function testMailbox(deps: TestMailboxDeps, input: TestMailboxInput): Promise<MailboxTest> {
  const settings = await deps.settings.current();
  const config = await findConfig(deps, input.configId);
  const { known } = await listMailboxes(deps, input.configId);
  const typed = typeof input.mailbox === 'object' ? input.mailbox : null;
  const accountId = input.mailbox === 'smtp' ? null : input.mailbox;
  const mailbox = typed ? check(typed, known) : known.find((one) => one.accountId === accountId);
  if (!mailbox) throw new SidecarError('unknown-mail-account');
  const server = splitAddress(mailbox.address, mailbox.type);
  if (!server)
    throw new SidecarError('mailbox-invalid', {
      detail: phrase(
        'The host of the mail account is neither a host name nor an IP address: %s',
        mailbox.address,
      ),
    });
  const stored = await deps.tokens.get(config.id);
  const now = deps.clock();
  const expiresAt = stored.accessTokenExpiresAt;
  const state = !stored.accessToken ? 'missing' : expiresAt && expiresAt < now ? 'expired' : 'valid';
  const hosts = splitHosts(settings);
  const report = await deps.mailboxes.run({
    ...server,
    type: mailbox.type,
    login: mailbox.login,
    folder: mailbox.folder,
    accessToken: stored.accessToken,
    split: hosts.some((host) => host.toLowerCase() === mailbox.address.toLowerCase()),
    // The helpdesk sends the token to its own accounts at every fetch, protected or not.
    allowUnprotected: typed?.allowUnprotected ?? true,
    helloName: helloName(settings),
  });
  const skipped = stepsOf(mailbox.type)
    .slice(report.steps.length)
    .map((name): MailboxStep => ({ name, result: 'skipped', ms: null, found: [] }));
  const outcome =
    report.fault || state === 'missing'
      ? 'fault'
      : report.steps.some(({ result }) => result === 'warning')
        ? 'warning'
        : 'ok';
  const scope = typeof config.document.Scope === 'string' ? config.document.Scope : '';
  const claims = readClaims(stored.accessToken ?? '');
  const identity = (await deps.identities.of([config.id])).get(config.id)?.identity ?? null;
  const app = appOf(config.document, claims);
  const actsFor = serviceAccountOf(config.document)?.mailbox ?? null;
  const explanation = explainMailbox(report, {
    ...{ mailbox, scope, claims, identity, app, actsFor, expiresAt, now },
  });
  deps.log.info(
    { configId: config.id, type: mailbox.type, host: mailbox.address, outcome, fault: report.fault?.code },
    'mailbox tested',
  );
  // An entered mailbox is none of the configuration's own.
  if (!typed) {
    const test = { at: deps.clock(), outcome, mailbox: mailbox.login } as const;
    // The result is on its way to whoever asked, recorded or not.
    await deps.lastTests
      .note(config.id, test)
      .catch(() => deps.log.warn({ configId: config.id }, 'result of the test not recorded'));
  }
  return {
    mailbox,
    accountId: typeof accountId === 'number' ? accountId : null,
    outcome,
    token: { state, expiresAt },
    steps: [...report.steps, ...skipped],
    explanation:
      state === 'missing' && !report.fault
        ? [phrase('No token has been requested yet.'), ...explanation]
        : explanation,
    remedies: remediesOf({
      mailbox,
      fault: report.fault,
      token: state,
      identity,
      app,
      isAsserted: actsFor !== null,
      isAccount: typeof accountId === 'number',
    }),
    settingChange:
      report.fault?.code === 'other-form'
        ? addSplitHost(hosts, mailbox.address, (await deps.abilities()).scripts)
        : null,
    certificate: report.certificate,
    challenge: report.challenge,
    transcript: report.transcript,
  };
}
