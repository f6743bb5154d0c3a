import type { Socket } from 'node:net';
import {
  MAIL_TYPES,
  type MailboxReport,
  type MailboxTarget,
  type StepName,
  stepsOf,
} from '../domain/mailbox/mailbox.js';
import type { MailboxProbe } from '../domain/mailbox/mailbox-probe.js';
import { SidecarError } from '../errors.js';
import { type Phrase, phrase } from '../lib/phrase.js';
import { type AddressRules, addressRules } from '../lib/safe-address.js';
import { certificateOf } from './certificate.js';
import { type Address, openSocket, resolveName } from './connect.js';
import { type Dialogue, xoauth2 } from './dialogue.js';
import { MailFault, mailFault } from './fault.js';
import { imapDialogue } from './imap.js';
import { pop3Dialogue } from './pop3.js';
import { smtpDialogue } from './smtp.js';
import { createTranscript, type Transcript } from './transcript.js';
import { createWire, type Wire } from './wire.js';

export interface ProbeLimits {
  /** Milliseconds. */
  step: number;
  /** Milliseconds, including the second attempt at a POP3 sign-in. */
  whole: number;
  /** Concurrent tests in this process. */
  most: number;
}

const LIMITS: ProbeLimits = { step: 10_000, whole: 30_000, most: 3 };
const MAX_ADDRESSES = 8;

/** A mail server may run on this machine, but no mail server has a special address. */
export const mailAddresses = (allowed: readonly string[]): AddressRules =>
  addressRules(allowed, { loopback: true });
const MAIL_SERVERS = mailAddresses([]);

interface Means {
  limits: ProbeLimits;
  allowed: AddressRules;
}

/** The result of a step; the test continues after a warning. */
type Found = { found: Phrase[]; result?: 'ok' | 'warning' };

function dialogueOf(wire: Wire, target: MailboxTarget): Dialogue {
  const { protocol } = MAIL_TYPES[target.type];
  if (protocol === 'imap') return imapDialogue(wire, target.folder);
  return protocol === 'pop3' ? pop3Dialogue(wire, target.split) : smtpDialogue(wire, target.helloName);
}

/** One test: its connection as far as it is open, and what it has found. */
interface Session {
  target: MailboxTarget;
  allowed: AddressRules;
  /** What is sent to sign in; '' without a token. */
  answer: string;
  transcript: Transcript;
  report: MailboxReport;
  addresses: Address[];
  socket?: Socket;
  wire?: Wire;
  dialogue?: Dialogue;
}

function wireOf({ wire }: Session): Wire {
  if (!wire) throw new MailFault('closed');
  return wire;
}

function speak(session: Session): Dialogue {
  session.dialogue ??= dialogueOf(wireOf(session), session.target);
  return session.dialogue;
}

/** @throws MailFault if the token would be sent unprotected, and that is not allowed */
function unprotected({ target }: Session, detail: string, found: Phrase): Found {
  if (!target.allowUnprotected) throw new MailFault('unprotected', detail);
  return { result: 'warning', found: [found] };
}

const STEPS: Record<StepName, (session: Session) => Promise<Found>> = {
  async resolve(session) {
    const { host } = session.target;
    session.addresses = await resolveName(host);
    if (!session.addresses.every(({ address }) => session.allowed.mayReach(address)))
      throw new MailFault('address-refused');
    const shown = session.addresses.slice(0, MAX_ADDRESSES).map(({ address }) => address);
    return { found: [phrase('%s resolves to %s.', host, shown.join(', '))] };
  },
  async connect(session) {
    const { target, addresses, transcript } = session;
    const opened = await openSocket(target, addresses, (begun) => {
      session.socket = begun;
    });
    session.wire = createWire(opened, transcript);
    const place = opened.remoteAddress ?? target.host;
    return { found: [phrase('Connected to %s, port %s.', place, String(target.port))] };
  },
  async certificate(session) {
    const { target, report } = session;
    const { tls } = MAIL_TYPES[target.type];
    if (tls === 'none')
      return unprotected(
        session,
        'none',
        phrase('This account type is not encrypted: the token can be read in transit.'),
      );
    if (tls === 'starttls') await speak(session).askForTls();
    const secured = await wireOf(session).secure(target.host);
    const version = secured.getProtocol() ?? 'TLS';
    report.certificate = certificateOf(secured, target.host);
    const { faults } = report.certificate;
    return faults.length === 0
      ? { found: [phrase('%s, and the certificate is trusted.', version)] }
      : unprotected(session, faults.join(' '), phrase('%s, but the certificate is not trusted.', version));
  },
  async greeting(session) {
    return { found: [session.transcript.clean(await speak(session).greet())] };
  },
  async capability(session) {
    const { report, transcript } = session;
    const mechanisms = await speak(session).mechanisms();
    report.offersXoauth2 = mechanisms?.includes('XOAUTH2') ?? false;
    if (report.offersXoauth2) return { found: [phrase('The server offers XOAUTH2.')] };
    const listed = transcript.clean((mechanisms ?? []).join(' '));
    return {
      result: 'warning',
      found: [
        listed
          ? phrase('The server does not offer XOAUTH2, only: %s.', listed)
          : phrase('The server lists no sign-in methods.'),
      ],
    };
  },
  async 'sign-in'(session) {
    await speak(session).signIn(session.answer);
    return { found: [phrase('The server accepted the token for %s.', session.target.login)] };
  },
  async folder(session) {
    return { found: [(await speak(session).look?.()) ?? ''] };
  },
};

/** Runs a step; when its time is over, ends whatever it waits for. */
async function within(session: Session, ms: number, work: Promise<Found>): Promise<Found> {
  let timer: NodeJS.Timeout | undefined;
  const late = new Promise<never>((_resolve, reject) => {
    timer = setTimeout(
      () => {
        const fault = new MailFault('timeout');
        if (session.wire) session.wire.fail(fault);
        else session.socket?.destroy();
        reject(fault);
      },
      Math.max(0, ms),
    );
  });
  try {
    return await Promise.race([work, late]);
  } finally {
    clearTimeout(timer);
    work.catch(() => undefined);
  }
}

/**
 * Runs a step and reports its result.
 * @param ms the longest time that it may take
 */
async function take(session: Session, name: StepName, ms: number): Promise<void> {
  const { report, transcript } = session;
  const begun = performance.now();
  const spent = () => Math.round(performance.now() - begun);
  try {
    const { found, result = 'ok' } = await within(session, ms, STEPS[name](session));
    report.steps.push({ name, result, ms: spent(), found });
  } catch (error) {
    const fault = mailFault(error);
    // An unknown server's text stays hidden: the host was typed in and could be any server of this network.
    if (fault.code === 'other-protocol') transcript.lines.length = 0;
    report.steps.push({ name, result: 'fault', ms: spent(), found: [] });
    report.fault = { code: fault.code, step: name, said: transcript.clean(fault.said) };
    report.challenge = fault.challenge === null ? null : transcript.clean(fault.challenge);
  }
}

/** Runs one test on one connection. */
async function probe(target: MailboxTarget, { limits, allowed }: Means, end: number): Promise<MailboxReport> {
  const answer = target.accessToken === null ? '' : xoauth2(target.login, target.accessToken);
  const transcript = createTranscript([answer, target.accessToken ?? '']);
  const report: MailboxReport = {
    steps: [],
    transcript: transcript.lines,
    certificate: null,
    offersXoauth2: null,
    fault: null,
    challenge: null,
  };
  const session: Session = { target, allowed, answer, transcript, report, addresses: [] };
  for (const name of stepsOf(target.type)) {
    if (report.fault || (name === 'sign-in' && target.accessToken === null)) break;
    await take(session, name, Math.min(limits.step, end - performance.now()));
  }
  if (!report.fault) session.dialogue?.leave();
  session.wire?.close();
  return report;
}

/**
 * POP3 servers accept the token in one line or in two. If one form is refused, tries the other on a new
 * connection.
 */
async function probeBothForms(target: MailboxTarget, means: Means): Promise<MailboxReport> {
  const end = performance.now() + means.limits.whole;
  const report = await probe(target, means, end);
  if (MAIL_TYPES[target.type].protocol !== 'pop3' || report.fault?.step !== 'sign-in') return report;
  const other = await probe({ ...target, split: !target.split }, means, end);
  const transcript = [...report.transcript, ...other.transcript];
  const works = other.steps.some(({ name, result }) => name === 'sign-in' && result === 'ok');
  return { ...report, transcript, fault: works ? { ...report.fault, code: 'other-form' } : report.fault };
}

/**
 * Signs in like the helpdesk's mail fetchers and outbound mail, on its own connection, and changes nothing.
 */
export function createMailboxProbe(
  limits: ProbeLimits = LIMITS,
  allowed: AddressRules = MAIL_SERVERS,
): MailboxProbe {
  let running = 0;
  return {
    async run(target) {
      if (running >= limits.most) throw new SidecarError('mailbox-tests-busy');
      running++;
      try {
        return await probeBothForms(target, { limits, allowed });
      } finally {
        running--;
      }
    },
  };
}
