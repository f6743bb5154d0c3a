import type { Phrase } from '../lib/phrase.js';

/** What a mailbox test needs from a protocol; each method is one exchange. All throw MailFault. */
export interface Dialogue {
  /**
   * Reads the greeting.
   * @returns its text
   */
  greet(): Promise<string>;
  /** Sends STARTTLS (RFC 2595, RFC 3207); the TLS handshake follows. */
  askForTls(): Promise<void>;
  /** @returns the SASL mechanisms that the server lists, in upper case; null if it lists no capabilities */
  mechanisms(): Promise<string[] | null>;
  /**
   * Signs in as the helpdesk does.
   * @param answer the base64 text of XOAUTH2
   * @returns the capabilities that an IMAP server tells with its answer (RFC 9051 §7.1); null: none
   * @throws MailFault token-refused, with the challenge
   */
  signIn(answer: string): Promise<string | null>;
  /**
   * Reads from the mailbox without changing anything.
   * @returns what it found
   */
  look?(): Promise<Phrase>;
  /** Says goodbye without waiting for the answer. */
  leave(): void;
}

/** `user=NAME^Aauth=Bearer TOKEN^A^A` in base64: what Google and Microsoft call XOAUTH2. */
export const xoauth2 = (login: string, token: string): string =>
  Buffer.from(`user=${login}\x01auth=Bearer ${token}\x01\x01`).toString('base64');

/**
 * Recognises the protocol by the first line of a server; nothing else of an unknown server's greeting is
 * shown.
 */
export function protocolOfGreeting(line: string): string {
  if (/^\* (OK|BYE|PREAUTH)\b/i.test(line)) return 'IMAP';
  if (/^(\+OK|-ERR)\b/i.test(line)) return 'POP3';
  if (/^\d{3}[ -]/.test(line)) return 'SMTP';
  if (/^HTTP\//i.test(line)) return 'HTTP';
  if (/^SSH-/.test(line)) return 'SSH';
  return '';
}

/** The fields that Google and Microsoft send; each value is a short word or a list of scopes. */
const CHALLENGE = { status: /^\d{3}$/, schemes: /^[\w ,.-]{1,40}$/, scope: /^[\w ,.:/-]{1,300}$/ };

/**
 * Extracts the meaningful fields of a refusal as JSON (RFC 7628 §3.2.2). Drops everything else, because a
 * server may repeat there what it received.
 * @param text as the server sent it, in base64
 * @returns null if it has none of these fields
 */
export function readChallenge(text: string): string | null {
  let fields: unknown;
  try {
    fields = JSON.parse(Buffer.from(text, 'base64').toString('utf8'));
  } catch {
    return null;
  }
  const known = Object.entries(CHALLENGE).flatMap(([name, shape]) => {
    const value = (fields as Record<string, unknown> | null)?.[name];
    return typeof value === 'string' && shape.test(value) ? [[name, value]] : [];
  });
  return known.length > 0 ? JSON.stringify(Object.fromEntries(known)) : null;
}
