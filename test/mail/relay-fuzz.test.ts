import { once } from 'node:events';
import { connect } from 'node:net';
import { expect } from 'chai';
import type { MailProtocol } from '../../plugin/domain/mailbox/mailbox.js';
import type { RelayOutcome } from '../../plugin/relay/serve-client.js';
import { createRandom, type Random } from '../support/random.js';
import { base64, clientOf, closeRelays, mailServer, relayOf } from '../support/relay-in-process.js';

const PROTOCOLS: readonly MailProtocol[] = ['imap', 'pop3', 'smtp'];
/** Conversations of each protocol; each has its own seed, which a failure names. */
const WHOLE = 40;
const BROKEN = 60;

interface Conversation {
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

function conversationOf(protocol: MailProtocol, random: Random): Conversation {
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
function cut(random: Random, text: string): string[] {
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
function broken(random: Random, text: string): string {
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

/** A relay that accepts one user name and password at a time, and the mail server behind it. */
async function ground(protocol: MailProtocol) {
  const server = await mailServer();
  const given: [string, string][] = [];
  const relay = await relayOf({
    protocol,
    async open({ login, password }) {
      given.push([login, password]);
      const socket = connect(server.port, '127.0.0.1');
      await once(socket, 'connect');
      const connection = { socket, rest: Buffer.alloc(0), capability: null };
      return { connection, password: { id: 1, configId: 7, client: 'Test' } };
    },
  });
  return { ...relay, server, given };
}

async function send(client: Awaited<ReturnType<typeof clientOf>>, random: Random, text: string) {
  for (const piece of cut(random, text)) {
    client.send(piece);
    if (random.chance(0.3)) await new Promise(setImmediate);
  }
}

/** The relay closes once both sides have ended, and the mail server has got everything by then. */
async function endOf({ socket }: Awaited<ReturnType<typeof clientOf>>): Promise<void> {
  socket.end();
  if (!socket.closed) await once(socket, 'close');
}

describe('the relay, whatever clients send', function () {
  this.timeout(60_000);
  afterEach(closeRelays);

  for (const protocol of PROTOCOLS) {
    it(`takes each valid conversation of ${protocol}, cut anywhere and sent without waiting, and passes on the rest byte by byte`, async () => {
      const { port, server, given } = await ground(protocol);
      let expected = '';
      for (let seed = 1; seed <= WHOLE; seed++) {
        const random = createRandom(seed);
        const { login, password, before, after } = conversationOf(protocol, random);
        const client = await clientOf(port);
        await send(client, random, before + after);
        expected += after;
        await endOf(client);
        expect(server.text() === expected, `bytes of seed ${seed}`).to.equal(true);
        expect(given.at(-1), `seed ${seed}`).to.deep.equal([login, password]);
        expect(given).to.have.length(seed);
      }
    });

    it(`ends each broken conversation of ${protocol}, and the mail server gets nothing but what followed a sign-in`, async () => {
      const { port, relay, server, outcomes } = await ground(protocol);
      const sent: string[] = [];
      for (let seed = 1; seed <= BROKEN; seed++) {
        const random = createRandom(seed);
        const { before, after } = conversationOf(protocol, random);
        const text = broken(random, before) + after;
        sent.push(text);
        const client = await clientOf(port);
        const had = server.text().length;
        await send(client, random, text);
        await endOf(client);
        while (outcomes.length < seed) await new Promise(setImmediate);
        const got = server.text().slice(had);
        expect(outcomes.at(-1) === 'relayed' || got === '', `seed ${seed}`).to.equal(true);
        expect(text.endsWith(got), `seed ${seed}`).to.equal(true);
        const read = text.slice(0, text.length - got.length);
        // A literal may contain a line feed.
        const hasFault = !read.includes('{') && /(^|[^\r])\n|\r(?!\n)|\0/.test(read);
        expect(outcomes.at(-1) === 'relayed' && hasFault, `line ends of seed ${seed}`).to.equal(false);
      }
      const figures = relay.figures()[protocol];
      expect([figures.connections, figures.relayed]).to.deep.equal([0, 0]);
      const possible: (RelayOutcome | 'too-many')[] = ['relayed', 'left', 'protocol'];
      expect(outcomes.filter((one) => !possible.includes(one as RelayOutcome))).to.deep.equal([]);
      expect(outcomes.filter((one) => one === 'protocol').length).to.be.greaterThan(5);
    });
  }
});
