import { type Phrase, phrase } from '../../lib/phrase.js';
import { readable } from '../../lib/server-text.js';
import type { Actor } from '../actor.js';
import { MAIL_TYPES, type MailProtocol, type MailType } from './mailbox.js';
import { readServerWords, whoActsOn } from './server-words.js';

/** A cause of a failed fetch: those of server-words.ts, and what the helpdesk itself says. */
export type FetchCauseCode = string;

export interface FetchCause {
  cause: FetchCauseCode;
  who: Actor;
  /** `permanent`: time does not cure it. */
  lasts: 'passing' | 'permanent';
  /** What it means and what to do. */
  text: Phrase;
}

interface Row extends FetchCause {
  pattern: RegExp;
}

/** What the helpdesk's own clients write into the communication log. The first row that matches counts. */
const ROWS: readonly Row[] = [
  {
    cause: 'host-unknown',
    who: 'admin',
    lasts: 'permanent',
    pattern: /name or service not known|bad hostname|unknown host|getaddrinfo|no address associated/i,
    text: phrase(
      'The host name of the mail server cannot be resolved. Check its spelling in the mail account.',
    ),
  },
  {
    cause: 'certificate',
    who: 'admin',
    lasts: 'permanent',
    pattern: /certificate|SSL connect|SSL_?error|TLS|handshake/i,
    text: phrase(
      "No encrypted connection could be established: check the type and port of the mail account, and the server's certificate.",
    ),
  },
  {
    cause: 'no-token',
    who: 'admin',
    lasts: 'permanent',
    pattern: /(could not|cannot|unable to|failed to) \w+ .{0,40}token|no (oauth2 |access )?token/i,
    text: phrase('The helpdesk found no token for the mailbox.'),
  },
  {
    cause: 'not-reached',
    who: 'admin',
    lasts: 'passing',
    pattern: /(can.?t|could ?n.t|cannot|unable to) connect|connection refused|no route to host|unreachable/i,
    text: phrase(
      'The mail server cannot be reached: check the host and port of the mail account, the name server, and the firewall.',
    ),
  },
  {
    cause: 'closed',
    who: 'provider',
    lasts: 'passing',
    pattern:
      /socket closed|connection (was )?(closed|reset|lost)|closed (the )?connection|broken pipe|\bBYE\b/i,
    text: phrase('The mail server closes the connection.'),
  },
  {
    cause: 'timeout',
    who: 'provider',
    lasts: 'passing',
    pattern: /tim(ed|e)[ -]?out/i,
    text: phrase('The mail server does not answer in time.'),
  },
  {
    cause: 'token-refused',
    who: 'admin',
    lasts: 'permanent',
    pattern: /auth/i,
    text: phrase('The mail server refuses the token and does not say why. Test the mailbox to find out.'),
  },
];

const OTHER: FetchCause = {
  cause: 'other',
  who: 'admin',
  lasts: 'passing',
  text: phrase('The fetch fails. Test the mailbox to find out why.'),
};

/** Who acts on a cause; where nobody knows better, the helpdesk's own administrator. */
export const actorOf = (cause: FetchCauseCode | null): Actor =>
  (cause === null ? undefined : (whoActsOn(cause) ?? ROWS.find((row) => row.cause === cause)?.who)) ??
  'admin';

/** The longest text that is read and kept of what a server said. */
export const LONGEST_SAID = 300;

/**
 * A log text as it may be kept and shown: one short line without control characters, secrets, and long words
 * that may be a token that the server has sent back.
 */
export const saidOf = (text: string): string =>
  readable(text.replace(/[\p{Cc}\p{Cf}\p{Zl}\p{Zp}\s]+/gu, ' ').trim()).slice(0, LONGEST_SAID);

/** Is this the refusal of one recipient? Then outbound mail as such works. */
export const isOfOneMail = (said: string): boolean => said.includes("Envelope to '");

export const protocolOf = (type: string): MailProtocol => MAIL_TYPES[type as MailType]?.protocol ?? 'imap';

/**
 * Reads what the helpdesk's log says of a failed fetch.
 * @param said '' if the log gives no reason
 */
export function readFetchCause(said: string, protocol: MailProtocol): FetchCause {
  const own = (row: Row | undefined): FetchCause | undefined =>
    row && { cause: row.cause, who: row.who, lasts: row.lasts, text: row.text };
  // The words of the helpdesk around the server's: `Auth error: 1 NO [UNAVAILABLE] …`.
  const server = said.replace(/^.*?\b(?:auth error|login failed|error):\s*\d*\s*/i, '');
  return readServerWords(server, protocol) ?? own(ROWS.find(({ pattern }) => pattern.test(said))) ?? OTHER;
}
