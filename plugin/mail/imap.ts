import { phrase } from '../lib/phrase.js';
import { REMOVED } from '../lib/scrub.js';
import { type Dialogue, protocolOfGreeting, readChallenge } from './dialogue.js';
import { MailFault } from './fault.js';
import type { Wire } from './wire.js';

interface Reply {
  ok: boolean;
  text: string;
  untagged: string[];
}

/** Limits the untagged lines of one command, so that a server cannot keep the test busy. */
const MAX_UNTAGGED = 200;

/**
 * The part of IMAP4rev1 that a sign-in needs (RFC 9051, RFC 3501), as the helpdesk's client uses it: the
 * token follows the server's `+`. EXAMINE opens the folder, which changes no flag (RFC 9051 §6.3.3).
 * @param options `atOnce`: sends the token with the command where the server's greeting permits it, which saves a
 *   round trip; `asksAfter`: asks for the capabilities after the sign-in if the server does not tell them by itself
 */
export function imapDialogue(
  wire: Wire,
  folder: string,
  options: { atOnce?: boolean; asksAfter?: boolean } = {},
): Dialogue {
  let number = 0;
  /** Does the server take the token with the command (RFC 4959)? */
  let takesInitial = false;

  async function next(): Promise<string> {
    const line = await wire.line();
    if (/^\* BYE\b/i.test(line)) throw new MailFault('turned-away', line.slice(6));
    return line;
  }

  /**
   * Reads up to the tagged answer.
   * @param onPlus answers a continuation request
   */
  async function answer(tag: string, onPlus: (text: string) => void): Promise<Reply> {
    const untagged: string[] = [];
    for (let count = 0; count < MAX_UNTAGGED; count++) {
      const line = await next();
      if (line.startsWith('+')) onPlus(line.slice(1).trim());
      else if (line.startsWith('* ')) untagged.push(line.slice(2));
      else if (line.startsWith(`${tag} `)) {
        const [, word = '', text = ''] = /^(\S+) ?(.*)$/s.exec(line.slice(tag.length + 1)) ?? [];
        return { ok: word.toUpperCase() === 'OK', text, untagged };
      } else throw new MailFault('not-understood', line);
    }
    throw new MailFault('too-much');
  }

  const unexpected = (text: string) => {
    throw new MailFault('not-understood', text);
  };

  async function command(text: string): Promise<Reply> {
    const tag = `a${++number}`;
    wire.send(`${tag} ${text}`);
    return answer(tag, unexpected);
  }

  const listedIn = (untagged: string[]) =>
    untagged.map((line) => /^CAPABILITY (.+)$/i.exec(line)?.[1]).find(Boolean);

  async function ask(): Promise<string | null> {
    const { ok, untagged } = await command('CAPABILITY');
    return (ok && listedIn(untagged)) || null;
  }

  return {
    async greet() {
      const line = await wire.line();
      if (/^\* BYE\b/i.test(line)) throw new MailFault('turned-away', line.slice(6));
      // PREAUTH does not allow a sign-in (RFC 9051 §7.1.4).
      if (!/^\* OK\b/i.test(line)) throw new MailFault('other-protocol', protocolOfGreeting(line));
      takesInitial = options.atOnce === true && /\[CAPABILITY [^\]]*\bSASL-IR\b/i.test(line);
      return line.slice(5);
    },
    async askForTls() {
      const { ok, text } = await command('STARTTLS');
      if (!ok) throw new MailFault('starttls-refused', text);
    },
    async mechanisms() {
      const { ok, untagged } = await command('CAPABILITY');
      const listed = untagged.find((line) => /^CAPABILITY /i.test(line));
      if (!ok || listed === undefined) return null;
      const words = listed.toUpperCase().split(' ');
      return words.filter((word) => word.startsWith('AUTH=')).map((word) => word.slice(5));
    },
    async signIn(token) {
      const tag = `a${++number}`;
      let sent = takesInitial;
      let challenge: string | null = null;
      if (takesInitial)
        wire.send(`${tag} AUTHENTICATE XOAUTH2 ${token}`, `${tag} AUTHENTICATE XOAUTH2 ${REMOVED}`);
      else wire.send(`${tag} AUTHENTICATE XOAUTH2`);
      const { ok, text, untagged } = await answer(tag, (said) => {
        if (sent) {
          challenge ??= readChallenge(said);
          wire.send('');
        } else {
          sent = true;
          wire.send(token, REMOVED);
        }
      });
      if (!ok) throw new MailFault('token-refused', text, challenge);
      const listed = listedIn(untagged);
      return (
        /^\[CAPABILITY ([^\]]+)\]/i.exec(text)?.[1] ?? listed ?? (options.asksAfter ? await ask() : null)
      );
    },
    async look() {
      const name = folder || 'INBOX';
      const { ok, text, untagged } = await command(`EXAMINE "${name.replace(/[\\"]/g, '\\$&')}"`);
      if (!ok) throw new MailFault('folder-refused', text);
      const count = untagged.map((line) => /^(\d+) EXISTS$/i.exec(line)?.[1]).find(Boolean);
      return phrase('Folder %s was opened read-only. Messages in it: %s.', name, count ? Number(count) : '?');
    },
    leave() {
      wire.send(`a${++number} LOGOUT`);
    },
  };
}
