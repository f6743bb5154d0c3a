import type { Socket } from 'node:net';
import { createSecureContext, type SecureContext } from 'node:tls';
import { MAIL_TYPES, type MailFaultCode } from '../domain/mailbox/mailbox.js';
import { readServerWords } from '../domain/mailbox/server-words.js';
import { RelayRefusal, UpstreamFault } from '../domain/relay/relay-refusal.js';
import type { UpstreamTarget } from '../domain/relay/upstream-target.js';
import { inTime } from '../lib/in-time.js';
import { type InnerPhrase, inner, type Phrase, phrase } from '../lib/phrase.js';
import type { AddressRules } from '../lib/safe-address.js';
import { serverText } from '../lib/server-text.js';
import { certificateOf } from './certificate.js';
import { connectAllowed } from './connect.js';
import { type Dialogue, xoauth2 } from './dialogue.js';
import { MailFault, mailFault } from './fault.js';
import { imapDialogue } from './imap.js';
import { pop3Dialogue } from './pop3.js';
import { smtpDialogue } from './smtp.js';
import type { Transcript } from './transcript.js';
import { createWire, type Wire } from './wire.js';

/** A connection that is signed in. Whoever receives it reads it and ends it. */
export interface Upstream {
  /** Paused. */
  socket: Socket;
  /** What the server has sent after its answer to the sign-in. */
  rest: Buffer;
  /** The capabilities that an IMAP server told with its answer; null: none. */
  capability: string | null;
}

let shared: SecureContext | undefined;
/** One for all connections: it takes more memory and time than the rest of a connection. */
function sharedContext(): SecureContext {
  shared ??= createSecureContext();
  return shared;
}

/**
 * Milliseconds for connecting, and for everything up to the end of the sign-in, including the wait for a token
 * (PATIENCE in plugin/usecases/relay/token-in-time.ts).
 */
const CONNECT = 10_000;
const WHOLE = 45_000;
const LONGEST_SAID = 200;

/** Nobody looks at the dialogue of a relayed connection. */
const NO_TRANSCRIPT: Transcript = {
  lines: [],
  client: () => undefined,
  server: () => undefined,
  clean: (text) => text,
};

/** Faults that may be gone at the next attempt. */
const PASSING: readonly MailFaultCode[] = [
  'host-unknown',
  'connection-refused',
  'unreachable',
  'timeout',
  'closed',
  'turned-away',
];

/** Refusals that say themselves that they pass: RFC 5530 §3, RFC 3206 §4, RFC 2449 §8, and SMTP's 4yz. */
const SAYS_PASSING = /^\[(UNAVAILABLE|SERVERBUG|INUSE|LIMIT|SYS\/TEMP|IN-USE|LOGIN-DELAY)\b|^4\d\d /i;

function dialogueOf(wire: Wire, { type, helloName }: UpstreamTarget): Dialogue {
  const { protocol } = MAIL_TYPES[type];
  if (protocol === 'imap') return imapDialogue(wire, '', { atOnce: true, asksAfter: true });
  // Microsoft takes the token only in a line of its own, which every server must accept (RFC 5034 §4).
  return protocol === 'pop3' ? pop3Dialogue(wire, true) : smtpDialogue(wire, helloName);
}

const FAULTS: Partial<Record<MailFaultCode, (server: string) => Phrase>> = {
  'host-unknown': (server) => phrase('The name of the mail server %s cannot be resolved.', server),
  'address-refused': (server) =>
    phrase('The relay does not connect to %s, because its address is reserved.', server),
  unprotected: (server) =>
    phrase('The token was not sent, because the certificate of %s is not trusted.', server),
  'tls-failed': (server) => phrase('No encrypted connection to %s could be established.', server),
  'starttls-refused': (server) => phrase('The mail server %s does not offer STARTTLS.', server),
};

function explain(error: unknown, target: UpstreamTarget, secrets: string[]): UpstreamFault {
  const { code, said } = mailFault(error);
  const server = `${target.host}:${target.port}`;
  const words = readServerWords(said, MAIL_TYPES[target.type].protocol);
  const saysPassing = SAYS_PASSING.test(said) || words?.lasts === 'passing';
  const isPassing = PASSING.includes(code) || (code === 'token-refused' && saysPassing);
  const shown = serverText(secrets)(said).slice(0, LONGEST_SAID);
  if (code === 'token-refused') {
    const cause: InnerPhrase = words ? inner(words.text) : { text: '%s', values: [shown] };
    return new UpstreamFault(
      isPassing ? 'passing' : 'token-refused',
      phrase('The mail server %s refused the sign-in: %s', server, cause),
    );
  }
  const text =
    FAULTS[code]?.(server) ??
    (shown !== '' && code === 'turned-away'
      ? phrase('The mail server %s rejected the connection: %s', server, shown)
      : phrase('The mail server %s cannot be used at the moment.', server));
  return new UpstreamFault(isPassing ? 'passing' : 'lasting', text);
}

/**
 * Connects over TLS, verifies the certificate, and signs in by XOAUTH2. Sends the token to nobody else.
 * @param rules the addresses that may be reached
 * @param context the authorities that are trusted; by default those of Node.js, and NODE_EXTRA_CA_CERTS
 * @throws UpstreamFault, and what the promise of the token rejects with
 */
export async function signInUpstream(
  target: UpstreamTarget,
  rules: AddressRules,
  context = sharedContext(),
): Promise<Upstream> {
  const { protocol, tls } = MAIL_TYPES[target.type];
  const { signal } = target;
  const secrets: string[] = [];
  let wire: Wire | undefined;
  const leave = () => wire?.fail(new MailFault('closed'));

  async function secure(to: Wire): Promise<void> {
    const secured = await to.secure(target.host, context);
    // Node.js has compared the name, too.
    if (secured.authorized) return;
    throw new MailFault('unprotected', certificateOf(secured, target.host).faults.join(' '));
  }

  async function work(to: Wire): Promise<Upstream> {
    if (tls === 'none') throw new MailFault('unprotected', 'none');
    const dialogue = dialogueOf(to, target);
    if (tls === 'implicit') await secure(to);
    await dialogue.greet();
    if (tls === 'starttls') {
      await dialogue.askForTls();
      await secure(to);
    }
    // EHLO comes before AUTH (RFC 4954 §4).
    if (protocol === 'smtp') await dialogue.mechanisms();
    const accessToken = await target.accessToken;
    const answer = xoauth2(target.login, accessToken);
    secrets.push(accessToken, answer);
    const capability = await dialogue.signIn(answer);
    return { ...to.release(), capability };
  }

  try {
    const socket = await connectAllowed(target, rules, CONNECT, signal);
    socket.setNoDelay(true);
    wire = createWire(socket, NO_TRANSCRIPT);
    signal?.addEventListener('abort', leave);
    return await inTime(work(wire), WHOLE);
  } catch (error) {
    wire?.fail(new MailFault('closed'));
    // The refusal of the token's use case, not a fault of the mail server.
    if (error instanceof RelayRefusal) throw error;
    const fault = error instanceof Error && error.name === 'TimeOut' ? new MailFault('timeout') : error;
    throw explain(fault, target, secrets);
  } finally {
    signal?.removeEventListener('abort', leave);
  }
}
