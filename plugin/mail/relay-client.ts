import { connect, type Socket } from 'node:net';
import type { MailFaultCode } from '../domain/mailbox/mailbox.js';
import type { RelayClient, RelayFault, RelayStep } from '../domain/relay/relay-client.js';
import {
  hasImplicitTls,
  isLocalPlace,
  protocolOfScheme,
  type RelayPlace,
  relayEntries,
} from '../domain/relay/relay-listener.js';
import { inTime } from '../lib/in-time.js';
import { REMOVED } from '../lib/scrub.js';
import { type Dialogue, protocolOfGreeting } from './dialogue.js';
import { MailFault, mailFault } from './fault.js';
import { imapDialogue } from './imap.js';
import { pop3Dialogue } from './pop3.js';
import { smtpDialogue } from './smtp.js';
import { createTranscript } from './transcript.js';
import { createWire, type Wire } from './wire.js';

export interface RelayClientLimits {
  /** Milliseconds until the greeting. */
  greeting: number;
  /** Milliseconds for all of it: the relay may renew the token and sign in at the provider (upstream.ts). */
  whole: number;
}

const LIMITS: RelayClientLimits = { greeting: 5000, whole: 60_000 };

/** How the relay's greetings end (plugin/relay). */
const GREETING = / relay(?: ready)?$/;

function openPlace(place: RelayPlace): Promise<Socket> {
  const { at } = place;
  // An address that stands for all of this machine is none to connect to.
  const [entry] = relayEntries([place]);
  const to = 'path' in at ? { path: at.path } : { host: entry?.host ?? at.host, port: at.port };
  return new Promise((resolve, reject) => {
    const socket = connect(to);
    socket.once('error', reject);
    socket.once('connect', () => resolve(socket));
  });
}

const dialogueOf = (wire: Wire, place: RelayPlace): Dialogue =>
  ({
    imap: () => imapDialogue(wire, ''),
    pop3: () => pop3Dialogue(wire, false),
    smtp: () => smtpDialogue(wire, 'localhost'),
  })[protocolOfScheme(place.scheme)]();

/** Sends the password in one line (RFC 4616, RFC 4959, RFC 5034, RFC 4954) and reads the answer. */
async function sendPassword(wire: Wire, place: RelayPlace, message: string): Promise<void> {
  const command = { imap: 'r1 AUTHENTICATE', pop3: 'AUTH', smtp: 'AUTH' }[protocolOfScheme(place.scheme)];
  wire.send(`${command} PLAIN ${message}`, `${command} PLAIN ${REMOVED}`);
  const line = await wire.line();
  // RFC 9051 §7.1, RFC 1939 §3, RFC 4954 §6
  if (/^(?:r1 OK|\+OK|235)\b/i.test(line)) return;
  throw new MailFault('token-refused', line.replace(/^(?:r1 (?:NO|BAD)|-ERR) /i, ''));
}

/** @param limits for tests */
export function createRelayClient(limits: RelayClientLimits = LIMITS): RelayClient {
  /** Runs the steps until one of them fails. */
  async function attempt(place: RelayPlace, secret: string | null): Promise<RelayFault | null> {
    const transcript = createTranscript(secret === null ? [] : [secret]);
    let step: RelayStep = 'connect';
    let wire: Wire | undefined;
    const host = 'path' in place.at ? 'localhost' : place.at.host;
    const implicit = hasImplicitTls(place.scheme);

    async function open(): Promise<{ wire: Wire; dialogue: Dialogue }> {
      wire = createWire(await openPlace(place), transcript);
      const dialogue = dialogueOf(wire, place);
      // The certificate is for the name that other machines use, and this is the own machine.
      if (implicit) {
        step = 'tls';
        await wire.secure(host);
      }
      step = 'greeting';
      const greeting = await dialogue.greet();
      if (!GREETING.test(greeting)) throw new MailFault('other-protocol', protocolOfGreeting(greeting));
      return { wire, dialogue };
    }

    async function enter({ wire: to, dialogue }: { wire: Wire; dialogue: Dialogue }): Promise<void> {
      if (secret === null) return dialogue.leave();
      if (!implicit && !isLocalPlace(place)) {
        step = 'tls';
        await dialogue.askForTls();
        await to.secure(host);
      }
      step = 'sign-in';
      if (protocolOfScheme(place.scheme) === 'smtp') await dialogue.mechanisms();
      await sendPassword(to, place, secret);
      step = 'mailbox';
      if (dialogue.look) await dialogue.look();
      else await dialogue.mechanisms();
      dialogue.leave();
    }

    const begun = performance.now();
    try {
      const opened = await inTime(open(), limits.greeting);
      await inTime(enter(opened), Math.max(1, limits.whole - (performance.now() - begun)));
      return null;
    } catch (error) {
      const isLate = error instanceof Error && error.name === 'TimeOut';
      const fault = isLate ? new MailFault('timeout') : mailFault(error);
      const code: MailFaultCode = fault.code;
      return { step, code, said: transcript.clean(fault.said) };
    } finally {
      wire?.close();
    }
  }

  return {
    greet: (place) => attempt(place, null),
    signIn: (place, { login, password }) =>
      attempt(place, Buffer.from(`\0${login}\0${password}`).toString('base64')),
  };
}
