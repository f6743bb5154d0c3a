import type { TranscriptLine } from '../domain/mailbox/mailbox.js';
import { REMOVED } from '../lib/scrub.js';
import { serverText } from '../lib/server-text.js';

const MAX_LINES = 80;
const MAX_LENGTH = 300;

/** Control characters, and those that change the direction of text (Unicode Bidi_Control). */
const UNSEEN = /[\p{Cc}\u061c\u200e\u200f\u2028\u2029\u202a-\u202e\u2066-\u2069]/gu;

/**
 * Status lines, capabilities and counts of IMAP, POP3 and SMTP: the only server lines known to be harmless.
 */
const HARMLESS = [
  /^(?:\*|a\d+) (?:OK|NO|BAD|BYE|PREAUTH)(?: |$)/i,
  /^\* (?:CAPABILITY|FLAGS) /i,
  /^\* \d+ (?:EXISTS|RECENT)$/i,
  /^(?:\+OK|-ERR)(?: |$)/i,
  /^(?!334)\d{3}(?:[ -]|$)/,
  // POP3 capabilities (RFC 2449), one per line, and the line that ends them.
  /^(?:TOP|USER|SASL|RESP-CODES|LOGIN-DELAY|PIPELINING|EXPIRE|UIDL|IMPLEMENTATION|STLS|UTF8|LANG|AUTH-RESP-CODE)(?: |$)/i,
  /^\.$/,
];

/** The text after `+` or `334` is meant for the client program and may repeat what the client has sent. */
const CONTINUATION = /^(\+|334)[ -]?/;

/**
 * The dialogue, safe to show: shortened, printable, and without the token in any form a server may send it
 * back.
 */
export interface Transcript {
  readonly lines: TranscriptLine[];
  client(line: string): void;
  server(line: string): void;
  /** Makes one text of the server safe to show. */
  clean(text: string): string;
}

/** @param secrets what no line may contain, such as the token and the line that carries it */
export function createTranscript(secrets: string[]): Transcript {
  const safe = serverText(secrets);
  const lines: TranscriptLine[] = [];

  function clean(text: string): string {
    const shown = safe(text).replace(UNSEEN, '\ufffd');
    return shown.length > MAX_LENGTH ? `${shown.slice(0, MAX_LENGTH)}…` : shown;
  }

  function ofServer(line: string): string {
    const continuation = CONTINUATION.exec(line);
    if (continuation && !/^\+OK/i.test(line))
      return line === continuation[0] ? line : `${continuation[1]} ${REMOVED}`;
    return HARMLESS.some((shape) => shape.test(line)) ? clean(line) : REMOVED;
  }

  function add(from: TranscriptLine['from'], text: () => string): void {
    if (lines.length < MAX_LINES) lines.push({ from, text: text() });
    else if (lines.length === MAX_LINES) lines.push({ from, text: '…' });
  }
  return {
    lines,
    clean,
    client: (line) => add('client', () => clean(line)),
    server: (line) => add('server', () => ofServer(line)),
  };
}
