import type { Socket } from 'node:net';
import {
  MAIL_TYPES,
  type MailboxReport,
  type MailboxStep,
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
import { createTranscript } from './transcript.js';
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

/** Runs one test on one connection. */
async function probe(target: MailboxTarget, { limits, allowed }: Means, end: number): Promise<MailboxReport> {
  const { tls } = MAIL_TYPES[target.type];
  const answer = target.accessToken === null ? '' : xoauth2(target.login, target.accessToken);
  const transcript = createTranscript([answer, target.accessToken ?? '']);
  const steps: MailboxStep[] = [];
  const report: MailboxReport = {
    steps,
    transcript: transcript.lines,
    certificate: null,
    offersXoauth2: null,
    fault: null,
    challenge: null,
  };
  let addresses: Address[] = [];
  let socket: Socket | undefined;
  let wire: Wire | undefined;
  let dialogue: Dialogue | undefined;

  /** Runs a step; when its time is over, ends whatever it waits for. */
  async function within(work: Promise<Found>): Promise<Found> {
    let timer: NodeJS.Timeout | undefined;
    const late = new Promise<never>((_resolve, reject) => {
      timer = setTimeout(
        () => {
          const fault = new MailFault('timeout');
          if (wire) wire.fail(fault);
          else socket?.destroy();
          reject(fault);
        },
        Math.max(0, Math.min(limits.step, end - performance.now())),
      );
    });
    try {
      return await Promise.race([work, late]);
    } finally {
      clearTimeout(timer);
      work.catch(() => undefined);
    }
  }

  const speak = (): Dialogue => {
    if (!wire) throw new MailFault('closed');
    dialogue ??= dialogueOf(wire, target);
    return dialogue;
  };

  const todo: Record<StepName, () => Promise<Found>> = {
    async resolve() {
      addresses = await resolveName(target.host);
      if (!addresses.every(({ address }) => allowed.mayReach(address)))
        throw new MailFault('address-refused');
      const shown = addresses.slice(0, MAX_ADDRESSES).map(({ address }) => address);
      return { found: [phrase('%s resolves to %s.', target.host, shown.join(', '))] };
    },
    async connect() {
      const opened = await openSocket(target, addresses, (begun) => {
        socket = begun;
      });
      wire = createWire(opened, transcript);
      return {
        found: [
          phrase('Connected to %s, port %s.', opened.remoteAddress ?? target.host, String(target.port)),
        ],
      };
    },
    async certificate() {
      if (tls === 'none') {
        if (!target.allowUnprotected) throw new MailFault('unprotected', 'none');
        return {
          result: 'warning',
          found: [phrase('This account type is not encrypted: the token can be read in transit.')],
        };
      }
      if (tls === 'starttls') await speak().askForTls();
      if (!wire) throw new MailFault('closed');
      const secured = await wire.secure(target.host);
      report.certificate = certificateOf(secured, target.host);
      if (report.certificate.faults.length === 0)
        return { found: [phrase('%s, and the certificate is trusted.', secured.getProtocol() ?? 'TLS')] };
      if (!target.allowUnprotected) throw new MailFault('unprotected', report.certificate.faults.join(' '));
      return {
        result: 'warning',
        found: [phrase('%s, but the certificate is not trusted.', secured.getProtocol() ?? 'TLS')],
      };
    },
    async greeting() {
      return { found: [transcript.clean(await speak().greet())] };
    },
    async capability() {
      const mechanisms = await speak().mechanisms();
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
    async 'sign-in'() {
      await speak().signIn(answer);
      return { found: [phrase('The server accepted the token for %s.', target.login)] };
    },
    async folder() {
      return { found: [(await speak().look?.()) ?? ''] };
    },
  };

  for (const name of stepsOf(target.type)) {
    if (name === 'sign-in' && target.accessToken === null) break;
    const begun = performance.now();
    const spent = () => Math.round(performance.now() - begun);
    try {
      const { found, result = 'ok' } = await within(todo[name]());
      steps.push({ name, result, ms: spent(), found });
    } catch (error) {
      const fault = mailFault(error);
      // An unknown server's text stays hidden: the host was typed in and could be any server of this network.
      if (fault.code === 'other-protocol') transcript.lines.length = 0;
      steps.push({ name, result: 'fault', ms: spent(), found: [] });
      report.fault = { code: fault.code, step: name, said: transcript.clean(fault.said) };
      report.challenge = fault.challenge === null ? null : transcript.clean(fault.challenge);
      break;
    }
  }
  if (!report.fault) dialogue?.leave();
  wire?.close();
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
