import { type Phrase, phrase } from '../../lib/phrase.js';
import type { Actor } from '../actor.js';
import type { MailProtocol } from './mailbox.js';

/** What a mail server's text says about a fault. */
export interface ServerWords {
  /** `passing`: time cures it, and nothing has to be changed. `permanent`: somebody must act. */
  lasts: 'passing' | 'permanent';
  /** Names the cause for states, logs and tests. */
  cause: string;
  who: Actor;
  /** What it means and what to do. */
  text: Phrase;
}

interface Row extends ServerWords {
  pattern: RegExp;
  /** Only this protocol uses the text in this sense. */
  protocol?: MailProtocol;
}

/**
 * Texts of Exchange Online, Gmail, Dovecot and others, with the response codes of RFC 5530, RFC 2449, RFC 3206
 * and RFC 3463. The first row that matches counts: named causes first, then whatever passes by itself.
 */
const ROWS: readonly Row[] = [
  {
    cause: 'relay-password',
    who: 'admin',
    lasts: 'permanent',
    // plugin/usecases/relay/check-sign-in.ts
    pattern: /Wrong user name or relay password/i,
    text: phrase(
      'The relay refuses the password: it was revoked or is wrong. Create a relay password and enter it in the program.',
    ),
  },
  {
    cause: 'smtp-auth-off-tenant',
    who: 'tenant-admin',
    lasts: 'permanent',
    pattern: /SmtpClientAuthentication is disabled for the Tenant/i,
    text: phrase(
      'SMTP AUTH is disabled in the tenant. An Exchange administrator can enable it for the mailbox: Set-CASMailbox -Identity MAILBOX -SmtpClientAuthenticationDisabled $false',
    ),
  },
  {
    cause: 'smtp-auth-off-mailbox',
    who: 'tenant-admin',
    lasts: 'permanent',
    pattern: /SmtpClientAuthentication is disabled for the Mailbox/i,
    text: phrase(
      'SMTP AUTH is disabled for this mailbox. An Exchange administrator can enable it: Set-CASMailbox -Identity MAILBOX -SmtpClientAuthenticationDisabled $false',
    ),
  },
  {
    cause: 'policy',
    who: 'tenant-admin',
    lasts: 'permanent',
    pattern: /security defaults|conditional access/i,
    text: phrase('A security policy of the tenant forbids this sign-in method. Ask a tenant administrator.'),
  },
  {
    cause: 'token-expired',
    who: 'admin',
    lasts: 'permanent',
    pattern: /AccessTokenExpired|\btoken (is |has )?expired|\[EXPIRED\]/i,
    text: phrase('The access token has expired. The helpdesk would renew it first. Renew it and test again.'),
  },
  {
    cause: 'browser-sign-in',
    who: 'owner',
    lasts: 'permanent',
    pattern: /log ?in (with|via|through) your (web )?browser|web login required|\[WEBALERT\b/i,
    text: phrase(
      'The provider requires the owner to sign in with a browser once. Sign in there as the mailbox, complete what the page asks for, and test again.',
    ),
  },
  {
    cause: 'no-access',
    who: 'tenant-admin',
    lasts: 'permanent',
    pattern: /authenticated but not connected/i,
    text: phrase(
      "The token is valid, but the mailbox cannot be opened: IMAP or POP is disabled for it, it does not exist, or the token's user has no access to it.",
    ),
  },
  {
    cause: 'protocol-off',
    who: 'tenant-admin',
    lasts: 'permanent',
    pattern: /(IMAP|POP) (access )?is (disabled|not enabled)|not enabled for (IMAP|POP)/i,
    text: phrase(
      'IMAP or POP is switched off for this mailbox. Switch it on in the settings of the mailbox or of the domain.',
    ),
  },
  {
    cause: 'account-blocked',
    who: 'tenant-admin',
    lasts: 'permanent',
    pattern:
      /\b(account|user|mailbox) (is |has been |was )?(temporarily )?(blocked|locked|suspended|disabled)/i,
    text: phrase('The account is blocked. An administrator must unblock it at the provider.'),
  },
  {
    cause: 'send-as',
    who: 'tenant-admin',
    lasts: 'permanent',
    pattern: /SendAsDenied|\b5\.7\.60\b|\b5\.2\.252\b/i,
    text: phrase(
      'The account may not send from this address. Grant it the Send As permission, or send from its own address.',
    ),
  },
  {
    cause: 'token-too-long',
    who: 'admin',
    lasts: 'permanent',
    protocol: 'pop3',
    pattern: /^(-ERR )?protocol error|line (is )?too long/i,
    text: phrase(
      'The server does not accept a token of this length on one line. Add the host to MailAccount::POP3::Auth::SplitOAuth2MethodAndToken::Hosts, so that the helpdesk sends two lines.',
    ),
  },
  {
    cause: 'daily-limit',
    who: 'provider',
    lasts: 'passing',
    pattern: /\bdaily\b.{0,60}\b(limit|quota)|exceeded command or bandwidth limits|\b5\.4\.5\b/i,
    text: phrase(
      'The mailbox has reached its daily limit. The provider lifts it within 24 hours; no change is needed.',
    ),
  },
  {
    cause: 'mailbox-full',
    who: 'owner',
    lasts: 'permanent',
    pattern: /\[OVERQUOTA\]|mailbox (is )?full|over quota|quota exceeded|\b5\.2\.2\b/i,
    text: phrase('The mailbox is full. Delete mail from it, or raise its quota.'),
  },
  {
    cause: 'busy',
    who: 'provider',
    lasts: 'passing',
    pattern:
      /too many|rate limit|throttl|concurrent connections|try (again )?later|\[(LIMIT|INUSE|IN-USE|LOGIN-DELAY|THROTTLED)\]/i,
    text: phrase('The server is busy or limits sign-ins. Test again in a few minutes.'),
  },
  {
    cause: 'unavailable',
    who: 'provider',
    lasts: 'passing',
    pattern:
      /\[(UNAVAILABLE|SERVERBUG|SYS\/TEMP)\]|\bunavailable\b|temporar(y|ily)|internal (server )?error|backend error|shutting down/i,
    text: phrase('The server has a temporary problem. No change is needed; test again in a few minutes.'),
  },
];

const PASSING = ROWS.at(-1) as Row;

/** Who acts on a cause of these; undefined for any other cause. */
export const whoActsOn = (cause: string): Actor | undefined => ROWS.find((row) => row.cause === cause)?.who;

/** SMTP replies that begin with 4 are transient (RFC 5321 §4.2.1), and so are enhanced codes 4.x.x (RFC 3463 §3.1). */
const isTransient = (said: string, protocol: MailProtocol): boolean =>
  protocol === 'smtp' && /^\s*(4\d\d\b|4\.\d{1,3}\.\d{1,3}\b)/.test(said);

/**
 * Reads a mail server's text.
 * @param said the server's text, with or without its status word
 * @returns null if the text names no cause
 */
export function readServerWords(said: string, protocol: MailProtocol): ServerWords | null {
  const row = ROWS.find(
    ({ pattern, protocol: only }) => (only === undefined || only === protocol) && pattern.test(said),
  );
  const found = row ?? (isTransient(said, protocol) ? PASSING : undefined);
  return found ? { lasts: found.lasts, cause: found.cause, who: found.who, text: found.text } : null;
}
