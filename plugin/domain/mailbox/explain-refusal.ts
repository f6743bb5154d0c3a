import { type Phrase, phrase } from '../../lib/phrase.js';
import { compareMailbox, type Identity, isSameName, nameOf } from '../consent/identity.js';
import type { TokenClaims } from '../consent/token-claims.js';
import type { AppAtExchange } from './exchange-lines.js';
import { closedToApp, missingRoles, unknownApp } from './explain-app.js';
import { MAIL_TYPES, type Mailbox, type MailboxReport, type MailProtocol } from './mailbox.js';
import { readServerWords } from './server-words.js';

/** The facts about the token and about what it was used for. */
export interface RefusalFacts {
  mailbox: Mailbox;
  /** Scope of the token configuration. */
  scope: string;
  claims: TokenClaims | null;
  /**
   * Who consented, according to the provider: the only knowledge of the owner if the token itself is not
   * readable.
   */
  identity: Identity | null;
  /** Set if the token is of the app itself. */
  app: AppAtExchange | null;
  /** The mailbox for which a service account asks; null: the token is of another kind. */
  actsFor?: string | null;
  /** Expiry of the access token as stored. */
  expiresAt: Date | null;
  now: Date;
}

export type Host = 'microsoft' | 'google' | 'other';

/** Whose mail server it is, which decides on the explanations and scopes. */
export function hostKind(address: string): Host {
  const host = address.toLowerCase().replace(/:\d+$/, '');
  if (/(^|\.)(office365\.(com|us)|outlook\.com|office\.com|hotmail\.com|partner\.outlook\.cn)$/.test(host))
    return 'microsoft';
  return /(^|\.)(gmail\.com|googlemail\.com|google\.com)$/.test(host) ? 'google' : 'other';
}

const MICROSOFT_SCOPES: Record<MailProtocol, RegExp> = {
  imap: /(^|\/)IMAP\.AccessAs(User\.All|App)$/i,
  pop3: /(^|\/)POP\.AccessAs(User\.All|App)$/i,
  smtp: /(^|\/)SMTP\.(Send|SendAsApp)$/i,
};
const MICROSOFT_NAMES: Record<MailProtocol, string> = {
  imap: 'IMAP.AccessAsUser.All',
  pop3: 'POP.AccessAsUser.All',
  smtp: 'SMTP.Send',
};

/** What the scopes for a mail server of Microsoft begin with, in each cloud. */
function resourceOf(address: string): string {
  const host = address.toLowerCase().replace(/:\d+$/, '');
  if (host.endsWith('partner.outlook.cn')) return 'https://partner.outlook.cn/';
  if (host.endsWith('-dod.office365.us')) return 'https://outlook-dod.office365.us/';
  return host.endsWith('office365.us') ? 'https://outlook.office365.us/' : 'https://outlook.office.com/';
}
const GOOGLE_SCOPE = 'https://mail.google.com/';

/** Microsoft Graph, by its URL and by its ID: never valid for a sign-in at a mail server. */
const GRAPH =
  /^(https:\/\/graph\.microsoft\.(com|us)|https:\/\/microsoftgraph\.chinacloudapi\.cn|00000003-0000-0000-c000-000000000000)\/?$/;
/** Exchange Online, by its URLs and by its ID. */
const EXCHANGE =
  /^(https:\/\/(outlook\.office(365)?\.com|outlook(-dod)?\.office365\.us|ps\.outlook\.com|partner\.outlook\.cn)|00000002-0000-0ff1-ce00-000000000000)\/?$/;

/** The token's owner, if that is someone other than the mailbox. */
function otherOwner({ mailbox: { login }, claims, identity }: RefusalFacts): string | null {
  // The provider's own account of the mailbox may know its address besides the name that signs in.
  const known = identity ? compareMailbox(identity, login) : 'unknown';
  if (known === 'same' || claims?.names.some((name) => isSameName(name, login))) return null;
  if (claims?.user) return claims.user;
  return identity && known === 'other' ? nameOf(identity) : null;
}

/** What no server can accept: an expired token, or one for another audience or without the scope. */
function ofToken(facts: RefusalFacts): Phrase[] {
  const { mailbox, scope, claims, app, expiresAt, now } = facts;
  const { protocol } = MAIL_TYPES[mailbox.type];
  const host = hostKind(mailbox.address);
  const lines: Phrase[] = [];
  const end = [expiresAt, claims?.expiresAt].find((date) => date && date < now);
  if (end)
    lines.push(
      phrase('The access token has expired. The helpdesk would renew it first. Renew it and test again.'),
    );
  const foreign = claims?.audience.find(
    (audience) => GRAPH.test(audience) || (host === 'microsoft' && !EXCHANGE.test(audience)),
  );
  if (foreign !== undefined) {
    lines.push(
      phrase(
        'The token is for another audience (%s), not for the mail server. Use scopes that begin with %s and request a new token.',
        foreign.slice(0, 200),
        resourceOf(mailbox.address),
      ),
    );
  } else if (host === 'microsoft' && app) {
    if (claims) lines.push(...missingRoles(claims, protocol));
  } else if (host === 'microsoft') {
    const given = claims && claims.scopes.length > 0 ? claims.scopes : scope.split(/\s+/);
    // With `.default`, the app registration decides which scopes the token has.
    const open = claims === null && given.some((name) => name.endsWith('/.default'));
    if (!open && !given.some((name) => MICROSOFT_SCOPES[protocol].test(name)))
      lines.push(missing(`${resourceOf(mailbox.address)}${MICROSOFT_NAMES[protocol]}`));
  } else if (host === 'google' && !scope.split(/\s+/).includes(GOOGLE_SCOPE))
    lines.push(missing(GOOGLE_SCOPE));
  return lines;
}

/** A token of a service account opens the mailbox for which it was requested, and no other. */
function ofServiceAccount({ actsFor, mailbox: { login } }: RefusalFacts): Phrase[] {
  if (!actsFor || isSameName(actsFor, login)) return [];
  return [
    phrase(
      'The token configuration requests tokens for %s, the mailbox is %s. Correct the user name of the mail account, or add a token configuration for that mailbox.',
      actsFor,
      login,
    ),
  ];
}

function ofOwner(facts: RefusalFacts): Phrase[] {
  const owner = otherOwner(facts);
  return owner === null
    ? []
    : [
        phrase(
          'The token belongs to %s, the mailbox is %s. For a shared mailbox that user needs full access to it; otherwise request a new token as the mailbox itself.',
          owner.slice(0, 200),
          facts.mailbox.login,
        ),
      ];
}

const missing = (scope: string): Phrase =>
  phrase('The token lacks the scope %s. Add it to the token configuration, then request a new token.', scope);

/** Reads `status` of a challenge: RFC 7628 §3.2.2 has words, Google and Microsoft send HTTP status codes. */
function ofChallenge(challenge: string | null, { app }: RefusalFacts): Phrase[] {
  let status = '';
  try {
    status = String((JSON.parse(challenge ?? '') as { status?: unknown } | null)?.status ?? '');
  } catch {
    return [];
  }
  if (app)
    return [
      phrase(
        "The server does not accept the app's token: it has expired, lacks an application permission, or the app has no access to this mailbox. Check what the app was granted, then renew the token.",
      ),
    ];
  if (status === 'insufficient_scope' || status === '403')
    return [
      phrase(
        'The token lacks a scope. Check the scopes of the token configuration, then request a new token.',
      ),
    ];
  if (status === 'invalid_token' || status === '401')
    return [
      phrase(
        "The server does not accept the token: it was revoked, has expired, or comes from a different provider than the mailbox's. Renew it, or request a new token.",
      ),
    ];
  if (status === '400')
    return [
      phrase(
        'The server does not accept the token: it is for another audience, lacks a scope, or belongs to a user other than the mailbox.',
      ),
    ];
  return [];
}

/** A token of the app itself, whose sign-in Exchange refuses without a reason. */
const forApp = ({ app, mailbox }: RefusalFacts): Phrase[] =>
  app && hostKind(mailbox.address) === 'microsoft' ? unknownApp(app, mailbox.login) : [];

/** Exchange's refusal without a reason. In brackets it may name the machine. */
const SAYS_NOTHING =
  /^(NO |-ERR )?(\d{3} )?(5\.7\.3 )?(AUTHENTICATE failed|Authentication unsuccessful)\.?( \[[^\]]*\])?$/i;

/**
 * The first of these explains the refusal: a cause that the server names, a token that cannot work, a passing
 * fault of the server, the token's owner, the challenge's status. A server may call a token that cannot work a
 * temporary failure, as Dovecot does.
 */
function causeOf(report: MailboxReport, facts: RefusalFacts): Phrase[] {
  const said = report.fault?.said ?? '';
  const { protocol } = MAIL_TYPES[facts.mailbox.type];
  const words = readServerWords(said, protocol) ?? readServerWords(report.challenge ?? '', protocol);
  if (words?.cause === 'no-access' && facts.app) return [closedToApp(facts.mailbox.login)];
  if (words?.lasts === 'permanent') return [words.text];
  const passing = words ? [words.text] : [];
  const explanations = [
    ofToken(facts),
    passing,
    ofServiceAccount(facts),
    ofOwner(facts),
    forApp(facts),
    ofChallenge(report.challenge, facts),
  ];
  return explanations.find((lines) => lines.length > 0) ?? [];
}

/** Explains why a sign-in was refused, and ends with the server's text. */
export function explainRefusal(report: MailboxReport, facts: RefusalFacts): Phrase[] {
  const { fault } = report;
  if (fault?.code === 'other-form')
    return [
      phrase(
        'The server accepts the token only in the other form. POP3 hosts listed in MailAccount::POP3::Auth::SplitOAuth2MethodAndToken::Hosts receive it on two lines, all others on one.',
      ),
    ];
  if (fault?.code === 'timeout')
    return [phrase('The server did not respond to the token in time. Test again in a few minutes.')];
  const lines = [...causeOf(report, facts)];
  const isExchange = hostKind(facts.mailbox.address) === 'microsoft';
  if (lines.length === 0 && isExchange && SAYS_NOTHING.test(fault?.said ?? ''))
    lines.push(
      phrase(
        'Microsoft does not say why. The usual reasons are: IMAP, POP, or SMTP AUTH is disabled for the mailbox; the token belongs to another user, who has no full access to the mailbox; or the mailbox has no licence.',
      ),
    );
  if (report.offersXoauth2 === false)
    lines.push(phrase('The server does not list XOAUTH2, so it may not support tokens.'));
  if (lines.length === 0)
    lines.push(
      phrase(
        'The server refused the token. Compare the user name of the mail account with the account that gave consent.',
      ),
    );
  if (fault?.said) lines.push(phrase('The server said: %s', fault.said));
  return lines;
}
