import { type Phrase, phrase } from '../../lib/phrase.js';

/** unknown: cannot be determined from here; the reason says why. */
export type CheckResult = 'ok' | 'warning' | 'fault' | 'unknown';

/** What corrects a finding: a shell command, or a screen of the helpdesk. */
export interface Remedy {
  /** What it does, or what else to know. */
  text?: Phrase;
  command?: string;
  /** Relative to the helpdesk's index.pl. */
  link?: string;
}

export interface Finding {
  result: CheckResult;
  reason: Phrase[];
  remedies: Remedy[];
}

/**
 * Numbers never change, because monitoring and people refer to them. A removed check leaves a gap.
 * docs/doctor.md lists them.
 */
export const CHECKS = {
  helpdesk: { number: 1, title: phrase('Helpdesk found') },
  version: { number: 2, title: phrase('Version of the helpdesk') },
  database: { number: 3, title: phrase('Database') },
  rights: { number: 4, title: phrase('Database rights') },
  schema: { number: 5, title: phrase('Tables') },
  'http-type': { number: 6, title: phrase('HttpType') },
  fqdn: { number: 7, title: phrase('FQDN') },
  'script-alias': { number: 8, title: phrase('ScriptAlias') },
  sidecar: { number: 9, title: phrase('Sidecar is running') },
  callback: { number: 10, title: phrase('Redirect URI reaches the sidecar') },
  address: { number: 11, title: phrase('Browser addresses') },
  cookies: { number: 12, title: phrase('Sessions and cookies') },
  clock: { number: 13, title: phrase('Time zone and clock') },
  pop3: { number: 14, title: phrase('Perl module for POP3 with tokens') },
  smtp: { number: 15, title: phrase('Perl module for SMTP with tokens') },
  imap: { number: 16, title: phrase('Perl module for IMAP') },
  caches: { number: 17, title: phrase("Helpdesk sees the sidecar's changes") },
  daemon: { number: 18, title: phrase('Helpdesk daemon') },
  providers: { number: 19, title: phrase('Providers reachable') },
  configs: { number: 20, title: phrase('Token configurations') },
  secrets: { number: 21, title: phrase('Client secrets') },
  journal: { number: 22, title: phrase('Journal') },
  files: { number: 23, title: phrase('File permissions') },
  'add-on': { number: 24, title: phrase('Sidecar settings and script') },
  'due-list': { number: 25, title: phrase('Due list') },
  'built-in': { number: 26, title: phrase('Built-in OAuth2 screens are closed') },
  alerts: { number: 27, title: phrase('Alerts') },
  mail: { number: 28, title: phrase('Receiving and sending mail') },
  passwords: { number: 29, title: phrase('Sign-in with passwords') },
  selinux: { number: 30, title: phrase('SELinux') },
  relay: { number: 31, title: phrase('Relay') },
} as const satisfies Record<string, { number: number; title: Phrase }>;

export type CheckId = keyof typeof CHECKS;

export interface Diagnosis extends Finding {
  number: number;
  id: CheckId;
  title: Phrase;
  /** Milliseconds. */
  ms: number;
}

export const CHECK_RESULTS: Record<CheckResult, Phrase> = {
  ok: phrase('OK'),
  warning: phrase('Warning'),
  fault: phrase('Failed'),
  unknown: phrase('Unknown'),
};

const ORDER: CheckResult[] = ['ok', 'unknown', 'warning', 'fault'];

/** The worst result: a fault, or else a warning, or else unknown. */
export const worstOf = (findings: Pick<Finding, 'result'>[]): CheckResult =>
  ORDER[Math.max(0, ...findings.map(({ result }) => ORDER.indexOf(result)))] ?? 'ok';

export const ok = (...reason: Phrase[]): Finding => ({ result: 'ok', reason, remedies: [] });

export const finding = (result: CheckResult, reason: Phrase | Phrase[], ...remedies: Remedy[]): Finding => ({
  result,
  reason: [reason].flat(),
  remedies,
});

/** The helpdesk's screen for one setting. */
export const settingLink = (name: string): string =>
  `index.pl?Action=AdminSystemConfiguration;Subaction=View;Setting=${encodeURIComponent(name)}`;
