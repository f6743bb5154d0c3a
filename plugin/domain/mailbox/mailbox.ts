import { type Phrase, phrase } from '../../lib/phrase.js';

/**
 * The helpdesk's mail account types and its modules for outbound mail (`SendmailModule`): protocol, start of
 * TLS, and the port that the helpdesk uses if the host names none.
 */
export const MAIL_TYPES = {
  IMAP: { protocol: 'imap', tls: 'none', port: 143 },
  IMAPS: { protocol: 'imap', tls: 'implicit', port: 993 },
  IMAPTLS: { protocol: 'imap', tls: 'starttls', port: 143 },
  POP3: { protocol: 'pop3', tls: 'none', port: 110 },
  POP3S: { protocol: 'pop3', tls: 'implicit', port: 995 },
  POP3TLS: { protocol: 'pop3', tls: 'starttls', port: 110 },
  SMTP: { protocol: 'smtp', tls: 'none', port: 25 },
  SMTPS: { protocol: 'smtp', tls: 'implicit', port: 465 },
  SMTPTLS: { protocol: 'smtp', tls: 'starttls', port: 587 },
} as const;

export type MailType = keyof typeof MAIL_TYPES;
export type MailProtocol = (typeof MAIL_TYPES)[MailType]['protocol'];

export const isMailType = (text: string): text is MailType => Object.hasOwn(MAIL_TYPES, text);

/**
 * Ports that an entered mailbox may use: those of mail servers, so that no other service of the network can
 * be reached.
 */
export const MAIL_PORTS: readonly number[] = [25, 110, 143, 465, 587, 993, 995];

/** A mailbox of the helpdesk, or one that was entered by hand. */
export interface Mailbox {
  type: MailType;
  /** As written: `host` or `host:port`. The helpdesk compares this text with the POP3 split hosts. */
  address: string;
  login: string;
  /** IMAP only. */
  folder: string;
}

/**
 * Host and port of an address, as the helpdesk's clients read it; IPv6 in brackets.
 * @returns null if it is neither a host name nor an IP address
 */
export function splitAddress(address: string, type: MailType): { host: string; port: number } | null {
  const [, v6, name, digits] =
    /^(?:\[([0-9a-f:.]{2,45})\]|([a-z0-9_](?:[a-z0-9._-]{0,251}[a-z0-9_])?\.?))(?::(\d{1,5}))?$/i.exec(
      address.trim(),
    ) ?? [];
  const host = v6 ?? name;
  const port = digits === undefined ? MAIL_TYPES[type].port : Number(digits);
  return host === undefined || port < 1 || port > 65_535 ? null : { host, port };
}

export type StepName =
  | 'resolve'
  | 'connect'
  | 'certificate'
  | 'greeting'
  | 'capability'
  | 'sign-in'
  | 'folder';

/** The order of a test's steps: with implicit TLS the certificate comes before the greeting. */
export function stepsOf(type: MailType): StepName[] {
  const { protocol, tls } = MAIL_TYPES[type];
  const opening: StepName[] = tls === 'starttls' ? ['greeting', 'certificate'] : ['certificate', 'greeting'];
  const ending: StepName[] = protocol === 'smtp' ? [] : ['folder'];
  return ['resolve', 'connect', ...opening, 'capability', 'sign-in', ...ending];
}

/** Why a step failed; `plugin/domain/mailbox/explain-mailbox.ts` says what to do. */
export type MailFaultCode =
  | 'host-unknown'
  | 'address-refused'
  | 'connection-refused'
  | 'unreachable'
  | 'timeout'
  | 'closed'
  | 'other-protocol'
  | 'tls-failed'
  | 'unprotected'
  | 'starttls-refused'
  | 'turned-away'
  | 'token-refused'
  | 'other-form'
  | 'folder-refused'
  | 'too-much'
  | 'not-understood';

export interface MailboxStep {
  name: StepName;
  result: 'ok' | 'warning' | 'fault' | 'skipped';
  /** null: the step did not run. */
  ms: number | null;
  found: Phrase[];
}

export interface TranscriptLine {
  from: 'client' | 'server';
  /** Shortened, control characters replaced, without the token. */
  text: string;
}

export interface Certificate {
  subject: string;
  /** The names and addresses it is issued for. */
  names: string[];
  issuer: string;
  validTo: Date | null;
  /** Why it is not trusted, as OpenSSL and Node name it; empty: trusted. */
  faults: string[];
}

/** What a mail server did, step by step. Contains no token. */
export interface MailboxReport {
  /** The steps that ran, in order. */
  steps: MailboxStep[];
  transcript: TranscriptLine[];
  certificate: Certificate | null;
  /** What the server lists; null: not asked. */
  offersXoauth2: boolean | null;
  /** `said`: the server's own text, shortened. */
  fault: { code: MailFaultCode; step: StepName; said: string } | null;
  /** The answer to a refused token, decoded (RFC 7628 §3.2.2 defines its form). */
  challenge: string | null;
}

/** One test. Adapter: plugin/mail. */
export interface MailboxTarget {
  type: MailType;
  host: string;
  port: number;
  login: string;
  folder: string;
  /** null: everything but the sign-in. */
  accessToken: string | null;
  /** POP3: `AUTH XOAUTH2` and the token in two lines. */
  split: boolean;
  /** Send the token without encryption, or to a server with an untrusted certificate. */
  allowUnprotected: boolean;
  /** Our name in EHLO (RFC 5321 §4.1.1.1). */
  helloName: string;
}

/** Names of the steps, for people. */
export const STEP_NAMES: Record<StepName, Phrase> = {
  resolve: phrase('Name resolution'),
  connect: phrase('Connection'),
  certificate: phrase('Encryption and certificate'),
  greeting: phrase('Server greeting'),
  capability: phrase('Capabilities'),
  'sign-in': phrase('Sign-in with XOAUTH2'),
  folder: phrase('Open mailbox'),
};

export const RESULT_NAMES: Record<MailboxStep['result'], Phrase> = {
  ok: phrase('OK'),
  warning: phrase('Warning'),
  fault: phrase('Failed'),
  skipped: phrase('Not run'),
};
