import { once } from 'node:events';
import { connect } from 'node:net';
import { expect } from 'chai';
import type { MailProtocol } from '../../plugin/domain/mailbox/mailbox.js';
import type { RelayOutcome } from '../../plugin/relay/serve-client.js';
import { createRandom, type Random } from '../support/random.js';
import { broken, conversationOf, cut } from '../support/relay-conversations.js';
import { clientOf, closeRelays, mailServer, relayOf } from '../support/relay-in-process.js';

const PROTOCOLS: readonly MailProtocol[] = ['imap', 'pop3', 'smtp'];
/** Conversations of each protocol; each has its own seed, which a failure names. */
const WHOLE = 40;
const BROKEN = 60;

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
