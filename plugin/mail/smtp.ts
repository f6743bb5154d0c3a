import { REMOVED } from '../lib/scrub.js';
import { type Dialogue, protocolOfGreeting, readChallenge } from './dialogue.js';
import { MailFault } from './fault.js';
import type { Wire } from './wire.js';

interface Reply {
  code: number;
  lines: string[];
}

const MAX_LINES = 100;

/** The part of SMTP that a sign-in needs (RFC 5321, 3207, 4954). Sends no mail. */
export function smtpDialogue(wire: Wire, helloName: string): Dialogue {
  async function reply(): Promise<Reply> {
    const lines: string[] = [];
    while (lines.length < MAX_LINES) {
      const line = await wire.line();
      const [, code, separator, text = ''] = /^(\d{3})(?:([ -])(.*))?$/.exec(line) ?? [];
      if (code === undefined) throw new MailFault('not-understood', line);
      lines.push(text);
      if (separator === '-') continue;
      // 421: the server closes the connection, whatever the command was (RFC 5321 §4.2.1).
      if (code === '421') throw new MailFault('turned-away', `421 ${lines.join(' ')}`);
      return { code: Number(code), lines };
    }
    throw new MailFault('too-much');
  }

  async function command(text: string, shown = text): Promise<Reply> {
    wire.send(text, shown);
    return reply();
  }

  const said = ({ code, lines }: Reply) => `${code} ${lines.join(' ')}`;

  async function hello(): Promise<string[]> {
    const answer = await command(`EHLO ${helloName}`);
    if (answer.code !== 250) throw new MailFault('turned-away', said(answer));
    return answer.lines.slice(1).map((line) => line.toUpperCase());
  }

  return {
    async greet() {
      const line = await wire.line();
      if (!/^\d{3}(?:[ -]|$)/.test(line)) throw new MailFault('other-protocol', protocolOfGreeting(line));
      if (!line.startsWith('220')) throw new MailFault('turned-away', line);
      for (let more = line; more.startsWith('220-'); ) more = await wire.line();
      return line.slice(4);
    },
    async askForTls() {
      await hello();
      const answer = await command('STARTTLS');
      if (answer.code !== 220) throw new MailFault('starttls-refused', said(answer));
    },
    async mechanisms() {
      const line = (await hello()).find((extension) => /^AUTH[ =]/.test(extension));
      return line?.slice(5).split(' ') ?? [];
    },
    async signIn(token) {
      let answer = await command(`AUTH XOAUTH2 ${token}`, `AUTH XOAUTH2 ${REMOVED}`);
      let challenge: string | null = null;
      if (answer.code === 334) {
        challenge = readChallenge(answer.lines[0]?.trim() ?? '');
        answer = await command('');
      }
      if (answer.code !== 235) throw new MailFault('token-refused', said(answer), challenge);
      return null;
    },
    leave() {
      wire.send('QUIT');
    },
  };
}
