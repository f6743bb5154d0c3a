import type { MailProtocol } from '../../plugin/domain/mailbox/mailbox.js';
import type { Random } from './random.js';

const base64 = (text: string): string => Buffer.from(text).toString('base64');

/** What a client says to a relay. */
export interface Conversation {
  login: string;
  password: string;
  /** Up to the end of the sign-in, as Latin-1. */
  before: string;
  /** What is meant for the mail server: any bytes. */
  after: string;
}

const bytes = (text: string): string => Buffer.from(text).toString('latin1');

/** A text that a protocol must carry unchanged: no character of it is special in all of them. */
const secretOf = (random: Random, letters: readonly string[]): string =>
  `p${Array.from({ length: 1 + random.below(30) }, () => random.pick(letters)).join('')}w`;

function imapOf(random: Random, login: string, password: string): string {
  const string = (text: string): string => {
    const form = random.below(3);
    if (form === 0) return `"${bytes(text).replace(/["\\]/g, '\\$&')}"`;
    return `{${bytes(text).length}${form === 1 ? '+' : ''}}\r\n${bytes(text)}`;
  };
  const plain = base64(`\0${login}\0${password}`);
  return random.pick([
    () => `9 LOGIN ${string(login)} ${string(password)}\r\n`,
    () => `9 login ${login} ${string(password)}\r\n`,
    () => `9 AUTHENTICATE PLAIN ${plain}\r\n`,
    () => `9 AUTHENTICATE plain\r\n${plain}\r\n`,
    () => `9 AUTHENTICATE LOGIN\r\n${base64(login)}\r\n${base64(password)}\r\n`,
  ])();
}

function authOf(random: Random, login: string, password: string): string {
  const plain = base64(`${random.pick(['', login])}\0${login}\0${password}`);
  return random.pick([
    `AUTH PLAIN ${plain}\r\n`,
    `auth plain\r\n${plain}\r\n`,
    `AUTH LOGIN\r\n${base64(login)}\r\n${base64(password)}\r\n`,
    `AUTH LOGIN ${base64(login)}\r\n${base64(password)}\r\n`,
  ]);
}

/** Commands that every client may send before its sign-in. */
const SMALL_TALK: Record<MailProtocol, readonly string[]> = {
  imap: [
    '1 CAPABILITY\r\n',
    '2 NOOP\r\n',
    '3 ID NIL\r\n',
    '4 ID ("name" {5+}\r\na\r\nbc)\r\n',
    '5 LIST "" *\r\n',
  ],
  pop3: ['CAPA\r\n', 'AUTH\r\n', 'STAT\r\n', 'USER somebody else\r\n'],
  smtp: ['NOOP\r\n', 'RSET\r\n', 'EHLO other.example.test\r\n', 'MAIL FROM:<a@example.test>\r\n'],
};

/** A valid conversation, up to a sign-in that is new each time, and what follows it. */
export function conversationOf(protocol: MailProtocol, random: Random): Conversation {
  const login = `box-${random.below(1000)}@example.test`;
  const password = secretOf(random, ['a', 'Z', '0', ' ', '"', '\\', '{3}', '(', '%', '*', 'ü', '€', '😀']);
  const talk = Array.from({ length: random.below(5) }, () => random.pick(SMALL_TALK[protocol])).join('');
  const signIn: Record<MailProtocol, () => string> = {
    imap: () => imapOf(random, login, password),
    pop3: () =>
      random.chance(0.5) ? `USER ${login}\r\nPASS ${bytes(password)}\r\n` : authOf(random, login, password),
    smtp: () => `EHLO scanner.example.test\r\n${authOf(random, login, password)}`,
  };
  const length = random.chance(0.2) ? 200_000 : random.below(2000);
  const after = Buffer.from(Array.from({ length }, () => random.below(256))).toString('latin1');
  return { login, password, before: `${talk}${signIn[protocol]()}`, after };
}

/** Cuts a text into pieces at random places, some of them within a character or a line end. */
export function cut(random: Random, text: string): string[] {
  const most = random.pick([2, 10, 100, 100_000]);
  const pieces: string[] = [];
  for (let at = 0; at < text.length; ) {
    // Beyond the sign-in, pieces of two bytes would only take time.
    const length = 1 + random.below(at < 2000 ? most : 100_000);
    pieces.push(text.slice(at, at + length));
    at += length;
  }
  return pieces;
}

/** One fault, or several, in what was a valid conversation. */
export function broken(random: Random, text: string): string {
  const faults: ((whole: string, at: number) => string)[] = [
    (whole, at) =>
      whole.slice(0, at) +
      random.pick(['\n', '\r', '\0', '\xff\xfe', '\xc3', '"', '{', '\r\n']) +
      whole.slice(at),
    (whole, at) => whole.slice(0, at) + whole.slice(at + 1 + random.below(20)),
    (whole, at) => whole.slice(0, at) + whole.slice(Math.max(0, at - random.below(60))),
    (whole, at) => whole.slice(0, at) + 'x'.repeat(random.pick([100, 9000, 70_000])) + whole.slice(at),
    (whole) => whole.replace(/\{\d+/, random.pick(['{999999999', '{99999999999999', '{0', '{8192', '{-1'])),
    (whole) => whole.replaceAll('\r\n', '\n'),
    (whole, at) => whole.slice(0, at),
  ];
  let result = text;
  for (let count = 1 + random.below(3); count > 0; count--)
    result = random.pick(faults)(result, random.below(result.length + 1));
  return result;
}
