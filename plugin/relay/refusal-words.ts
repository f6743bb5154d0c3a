import type { MailProtocol } from '../domain/mailbox/mailbox.js';
import type { RelayRefusal, RelayRefusalKind } from '../domain/relay/relay-refusal.js';
import { inEnglish } from '../lib/phrase.js';

/** Replies to commands have at most 512 bytes in SMTP (RFC 5321 §4.5.3.1.5) and POP3 (RFC 2449 §4). */
const LONGEST = 400;

/**
 * Response codes of RFC 5530 §3 for IMAP, RFC 3206 §4 for POP3, RFC 4954 §6 for SMTP: programs tell by them
 * whether to try again, and people read the text.
 */
const WORDS: Record<MailProtocol, Record<RelayRefusalKind, string>> = {
  imap: {
    credentials: 'NO [AUTHENTICATIONFAILED]',
    action: 'NO [AUTHENTICATIONFAILED]',
    passing: 'NO [UNAVAILABLE]',
  },
  pop3: { credentials: '-ERR [AUTH]', action: '-ERR [SYS/PERM]', passing: '-ERR [SYS/TEMP]' },
  smtp: { credentials: '535 5.7.8', action: '535 5.7.8', passing: '454 4.7.0' },
};

/** ASCII on one line, because not every client has said that it reads more. */
export const asciiLine = (text: string): string =>
  text
    .replace(/[\u2018\u2019]/g, "'")
    .replace(/[\u201c\u201d]/g, '"')
    .replace(/\u2026/g, '...')
    .replace(/[^\x20-\x7e]+/g, '?')
    .slice(0, LONGEST);

/** The refusal in the protocol's own words, without an IMAP tag. */
export const refusalWords = (protocol: MailProtocol, { kind, text }: RelayRefusal): string =>
  `${WORDS[protocol][kind]} ${asciiLine(inEnglish(text))}`;
