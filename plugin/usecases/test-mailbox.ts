import type { Clock } from '../domain/clock.js';
import { isClientCredentials } from '../domain/configuration/auth-flow.js';
import { isServiceAccount, serviceAccountOf } from '../domain/configuration/service-account.js';
import type { TokenConfig, TokenConfigDocument } from '../domain/configuration/token-config.js';
import type { TokenConfigStore } from '../domain/configuration/token-config-store.js';
import type { IdentityStore } from '../domain/consent/identity-store.js';
import { readClaims, type TokenClaims } from '../domain/consent/token-claims.js';
import type { Abilities } from '../domain/helpdesk/abilities.js';
import { helloName } from '../domain/helpdesk/hello-name.js';
import type { Settings, SettingsReader } from '../domain/helpdesk/settings.js';
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
import type { StoredToken } from '../domain/token/token.js';
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

/** The mailbox to test. */
interface Chosen {
  mailbox: Mailbox;
  server: { host: string; port: number };
  /** An entered mailbox, which is none of the configuration's own. */
  typed: TypedMailbox | null;
}

/** @throws SidecarError unknown-mail-account, mailbox-invalid */
async function choose(
  deps: TestMailboxDeps,
  { configId, mailbox: asked }: TestMailboxInput,
): Promise<Chosen> {
  const { known } = await listMailboxes(deps, configId);
  const typed = typeof asked === 'object' ? asked : null;
  const accountId = asked === 'smtp' ? null : asked;
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
  return { mailbox, server, typed };
}

/** Signs in, as the helpdesk would. */
async function signIn(
  { mailboxes }: TestMailboxDeps,
  { mailbox, server, typed }: Chosen,
  accessToken: string | null,
  settings: Settings,
): Promise<MailboxReport> {
  const { type, address, login, folder } = mailbox;
  return mailboxes.run({
    ...server,
    type,
    login,
    folder,
    accessToken,
    split: splitHosts(settings).some((host) => host.toLowerCase() === address.toLowerCase()),
    // The helpdesk sends the token to its own accounts at every fetch, protected or not.
    allowUnprotected: typed?.allowUnprotected ?? true,
    helloName: helloName(settings),
  });
}

/** Who the token is of, and what it is for. */
async function ownerOf(deps: TestMailboxDeps, { id, document }: TokenConfig, accessToken: string | null) {
  const claims = readClaims(accessToken ?? '');
  return {
    scope: typeof document.Scope === 'string' ? document.Scope : '',
    claims,
    identity: (await deps.identities.of([id])).get(id)?.identity ?? null,
    app: appOf(document, claims),
    actsFor: serviceAccountOf(document)?.mailbox ?? null,
  };
}

type TokenState = MailboxTest['token'];

function tokenOf({ accessToken, accessTokenExpiresAt: expiresAt }: StoredToken, now: Date): TokenState {
  const isExpired = expiresAt !== null && expiresAt < now;
  return { state: !accessToken ? 'missing' : isExpired ? 'expired' : 'valid', expiresAt };
}

function outcomeOf({ fault, steps }: MailboxReport, { state }: TokenState): MailboxTest['outcome'] {
  if (fault || state === 'missing') return 'fault';
  return steps.some(({ result }) => result === 'warning') ? 'warning' : 'ok';
}

/** All steps of this type. */
const allSteps = ({ type }: Mailbox, { steps }: MailboxReport): MailboxStep[] => [
  ...steps,
  ...stepsOf(type)
    .slice(steps.length)
    .map((name): MailboxStep => ({ name, result: 'skipped', ms: null, found: [] })),
];

/** Logs the result, and records it for one of the configuration's own mailboxes. */
async function record(
  { clock, log, lastTests }: TestMailboxDeps,
  configId: number,
  { mailbox, typed }: Chosen,
  { outcome, fault }: { outcome: MailboxTest['outcome']; fault: MailboxReport['fault'] },
): Promise<void> {
  const { type, address: host, login } = mailbox;
  log.info({ configId, type, host, outcome, fault: fault?.code }, 'mailbox tested');
  if (typed) return;
  // The result is on its way to whoever asked, recorded or not.
  await lastTests
    .note(configId, { at: clock(), outcome, mailbox: login })
    .catch(() => log.warn({ configId }, 'result of the test not recorded'));
}

/**
 * Signs in at a mailbox with the stored access token, as the helpdesk would. Does not renew, delete or mark
 * anything.
 * @throws SidecarError unknown-token-config, unknown-mail-account, mailbox-invalid, mailbox-tests-busy
 */
export async function testMailbox(deps: TestMailboxDeps, input: TestMailboxInput): Promise<MailboxTest> {
  const settings = await deps.settings.current();
  const config = await findConfig(deps, input.configId);
  const chosen = await choose(deps, input);
  const { mailbox } = chosen;
  const stored = await deps.tokens.get(config.id);
  const now = deps.clock();
  const token = tokenOf(stored, now);
  const report = await signIn(deps, chosen, stored.accessToken, settings);
  const { fault, certificate, challenge, transcript } = report;
  const outcome = outcomeOf(report, token);
  const owner = await ownerOf(deps, config, stored.accessToken);
  const explanation = explainMailbox(report, { ...owner, mailbox, expiresAt: token.expiresAt, now });
  await record(deps, config.id, chosen, { outcome, fault });
  const isNoToken = token.state === 'missing' && !fault;
  return {
    mailbox,
    accountId: typeof input.mailbox === 'number' ? input.mailbox : null,
    outcome,
    token,
    steps: allSteps(mailbox, report),
    explanation: isNoToken ? [phrase('No token has been requested yet.'), ...explanation] : explanation,
    remedies: remediesOf({
      mailbox,
      fault,
      token: token.state,
      identity: owner.identity,
      app: owner.app,
      isAsserted: owner.actsFor !== null,
      isAccount: typeof input.mailbox === 'number',
    }),
    settingChange:
      fault?.code === 'other-form'
        ? addSplitHost(splitHosts(settings), mailbox.address, (await deps.abilities()).scripts)
        : null,
    certificate,
    challenge,
    transcript,
  };
}
