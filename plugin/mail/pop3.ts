import { phrase } from '../lib/phrase.js';
import { REMOVED } from '../lib/scrub.js';
import { type Dialogue, protocolOfGreeting, readChallenge } from './dialogue.js';
import { MailFault } from './fault.js';
import type { Wire } from './wire.js';

const MAX_CAPABILITIES = 100;

/**
 * The part of POP3 that a sign-in needs (RFC 1939, 2449, 2595, 5034). STAT only counts. QUIT deletes nothing
 * without a DELE before it (RFC 1939 §6).
 * @param split sends `AUTH XOAUTH2` and the token in two lines, as Microsoft requires, instead of one
 */
export function pop3Dialogue(wire: Wire, split: boolean): Dialogue {
  const isOk = (line: string) => /^\+OK\b/i.test(line);
  const textOf = (line: string) => line.replace(/^(\+OK|-ERR) ?/i, '');

  async function command(text: string): Promise<string> {
    wire.send(text);
    return wire.line();
  }

  return {
    async greet() {
      const line = await wire.line();
      if (/^-ERR\b/i.test(line)) throw new MailFault('turned-away', textOf(line));
      if (!isOk(line)) throw new MailFault('other-protocol', protocolOfGreeting(line));
      return textOf(line);
    },
    async askForTls() {
      const line = await command('STLS');
      if (!isOk(line)) throw new MailFault('starttls-refused', textOf(line));
    },
    async mechanisms() {
      if (!isOk(await command('CAPA'))) return null;
      const listed: string[] = [];
      for (let line = await wire.line(); line !== '.'; line = await wire.line()) {
        if (listed.push(line.toUpperCase()) > MAX_CAPABILITIES) throw new MailFault('too-much');
      }
      return (
        listed
          .find((line) => line.startsWith('SASL '))
          ?.slice(5)
          .split(' ') ?? []
      );
    },
    async signIn(token) {
      let line: string;
      if (split) {
        line = await command('AUTH XOAUTH2');
        if (!line.startsWith('+ ') && line !== '+') throw new MailFault('token-refused', textOf(line));
        wire.send(token, REMOVED);
        line = await wire.line();
      } else {
        wire.send(`AUTH XOAUTH2 ${token}`, `AUTH XOAUTH2 ${REMOVED}`);
        line = await wire.line();
      }
      let challenge: string | null = null;
      if (line.startsWith('+ ')) {
        challenge = readChallenge(line.slice(2).trim());
        line = await command('');
      }
      if (!isOk(line)) throw new MailFault('token-refused', textOf(line), challenge);
      return null;
    },
    async look() {
      const line = await command('STAT');
      if (!isOk(line)) throw new MailFault('folder-refused', textOf(line));
      const count = /^(\d+) /.exec(textOf(line))?.[1];
      return phrase('Messages in the mailbox: %s.', count ? Number(count) : '?');
    },
    leave() {
      wire.send('QUIT');
    },
  };
}
