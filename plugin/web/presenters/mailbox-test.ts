import {
  isMailType,
  MAIL_TYPES,
  type Mailbox,
  RESULT_NAMES,
  STEP_NAMES,
} from '../../domain/mailbox/mailbox.js';
import type { KnownMailbox, OtherAccount } from '../../usecases/list-mailboxes.js';
import type { MailboxTest } from '../../usecases/test-mailbox.js';
import { formatTime } from '../locale.js';
import type { Reader } from '../reader.js';
import { RESULT_ICONS } from './result-icons.js';

/** `support@example.com (IMAPTLS, mail.example.com, INBOX)` */
const nameOf = ({ login, type, address, folder }: Mailbox | OtherAccount): string =>
  `${login} (${[type, address, folder].filter(Boolean).join(', ')})`;

/** One line of the list of known mailboxes; the form sends `target` back. */
export const presentMailbox = (mailbox: KnownMailbox | OtherAccount) => ({
  target: mailbox.accountId ?? 'smtp',
  accountId: mailbox.accountId,
  name: nameOf(mailbox),
  /** A test knows IMAP, POP3 and SMTP. */
  tested: isMailType(mailbox.type) && !('relayed' in mailbox && mailbox.relayed),
  relayed: 'relayed' in mailbox && mailbox.relayed,
});

/** Whether a mailbox is muted, for the form that changes it. */
export const presentMuting = (mutedUntil: Date | null, now: Date, reader: Reader) => ({
  until: mutedUntil && mutedUntil > now ? formatTime(mutedUntil, reader) : '',
  today: now.toISOString().slice(0, 10),
});

/** The types for the form, each with its usual port. */
export const presentTypes = (selected: string) =>
  Object.entries(MAIL_TYPES).map(([type, { port }]) => ({ type, port, selected: type === selected }));

/** The page of one test. Contains no token, because the report has none. */
export function presentTest(test: MailboxTest, reader: Reader) {
  const { t } = reader;
  const { certificate, settingChange, token } = test;
  const verdict = {
    ok: t('The mailbox works.'),
    warning: t('The mailbox works, with warnings.'),
    fault: t('The mailbox does not work.'),
  }[test.outcome];
  return {
    name: nameOf(test.mailbox),
    outcome: test.outcome,
    works: test.outcome !== 'fault',
    accountId: test.accountId,
    remedies: test.remedies,
    verdict: `${verdict} ${nameOf(test.mailbox)}`,
    expired: token.state === 'expired',
    missing: token.state === 'missing',
    expiresAt: token.expiresAt && formatTime(token.expiresAt, reader),
    explanation: test.explanation.map((text) => t(text)),
    settingChange: settingChange && {
      ...settingChange,
      url: `index.pl?Action=AdminSystemConfiguration;Subaction=View;Setting=${encodeURIComponent(settingChange.setting)}`,
    },
    challenge: test.challenge,
    transcript: test.transcript.map(({ from, text }) => ({
      who: from === 'client' ? t('Sidecar') : t('Server'),
      text,
    })),
    steps: test.steps.map(({ name, result, ms, found }) => ({
      id: name,
      name: t(STEP_NAMES[name]),
      result,
      icon: RESULT_ICONS[result],
      word: t(RESULT_NAMES[result]),
      ms,
      found: found.map((text) => t(text)),
      certificate:
        name === 'certificate' && certificate
          ? {
              subject: certificate.subject,
              names: certificate.names.join(', '),
              issuer: certificate.issuer,
              validTo: certificate.validTo && formatTime(certificate.validTo, reader),
            }
          : null,
    })),
  };
}
