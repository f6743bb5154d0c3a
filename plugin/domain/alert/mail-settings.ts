import { type Phrase, phrase } from '../../lib/phrase.js';
import type { Settings } from '../helpdesk/settings.js';
import { MAIL_TYPES, type MailType, splitAddress } from '../mailbox/mailbox.js';
import { sendsWithToken } from '../mailbox/outbound-sign-in.js';
import type { AlertSecrets } from './alert-secrets.js';
import { alertText } from './alert-settings.js';

/** The SMTP server for alerts. */
interface AlertMailServer {
  host: string;
  port: number;
  tls: 'none' | 'starttls' | 'implicit';
  /** Refuse a certificate that is not trusted. */
  verify: boolean;
  auth:
    | { user: string; password: string }
    /** Signs in with the access token of this token configuration. */
    | { user: string; tokenConfig: string }
    | null;
}

export interface AlertMail {
  recipients: string[];
  sender: string;
  server: AlertMailServer;
  /** The server is the helpdesk's own for outbound mail. */
  isHelpdesks: boolean;
}

const ENCRYPTIONS: Record<string, MailType> = { none: 'SMTP', starttls: 'SMTPTLS', tls: 'SMTPS' };

/** The helpdesk's modules for outbound mail. One that calls a program stands for the mail server of this machine. */
const MODULES: Record<string, MailType> = {
  SMTP: 'SMTP',
  SMTPS: 'SMTPS',
  SMTPTLS: 'SMTPTLS',
  Sendmail: 'SMTP',
};

const ADDRESS = /^[^\s@<>(),;:"[\]\\]{1,64}@[^\s@<>(),;:"[\]\\]{1,253}$/;

const problem = (text: Phrase) => ({ problem: text });

const verifies = (settings: Settings): boolean => alertText(settings, 'Mail::VerifyCertificate') !== '0';

/** The helpdesk's outbound settings; null: it sends no mail by SMTP. */
function helpdesksServer(settings: Settings): AlertMailServer | null {
  const module = settings.text('SendmailModule').split('::').at(-1) ?? '';
  const type = MODULES[module];
  if (type === undefined) return null;
  const local = module === 'Sendmail';
  const host = local ? '127.0.0.1' : settings.text('SendmailModule::Host');
  const port = local ? '' : settings.text('SendmailModule::Port');
  const address = splitAddress(port === '' ? host : `${host}:${port}`, type);
  if (!address) return null;
  const user = local ? '' : settings.text('SendmailModule::AuthUser');
  const byToken = sendsWithToken(settings);
  return {
    ...address,
    tls: MAIL_TYPES[type].tls,
    verify: verifies(settings),
    auth:
      user === ''
        ? null
        : byToken
          ? { user, tokenConfig: settings.text('SendmailModule::OAuth2TokenConfigName').trim() }
          : { user, password: settings.text('SendmailModule::AuthPassword') },
  };
}

function ownServer(settings: Settings, password: string | null): AlertMailServer | { problem: Phrase } {
  const type = ENCRYPTIONS[alertText(settings, 'Mail::Encryption')] ?? 'SMTPTLS';
  const port = alertText(settings, 'Mail::Port');
  const host = alertText(settings, 'Mail::Host');
  const address = splitAddress(port === '' ? host : `${host}:${port}`, type);
  if (!address) return problem(phrase('The mail server for alerts is not a host name: %s', host));
  const user = alertText(settings, 'Mail::User');
  if (user !== '' && password === null)
    return problem(
      phrase(
        "The mail server for alerts has a user, but SIDECAR_ALERT_SMTP_PASSWORD is missing from the sidecar's configuration file.",
      ),
    );
  return {
    ...address,
    tls: MAIL_TYPES[type].tls,
    verify: verifies(settings),
    auth: user === '' ? null : { user, password: password ?? '' },
  };
}

/** To whom alerts are mailed, and over which server. */
export function mailSettings(
  settings: Settings,
  { smtpPassword }: Pick<AlertSecrets, 'smtpPassword'>,
): 'off' | { problem: Phrase } | AlertMail {
  const recipients = alertText(settings, 'Mail::Recipients')
    .split(/[\s,;]+/)
    .filter(Boolean);
  if (recipients.length === 0) return 'off';
  const wrong = recipients.find((address) => !ADDRESS.test(address));
  if (wrong !== undefined) return problem(phrase('This is not an e-mail address: %s', wrong));
  const sender = alertText(settings, 'Mail::Sender') || settings.text('AdminEmail').trim();
  if (!ADDRESS.test(sender)) return problem(phrase('Alerts have no valid sender address: %s', sender));
  const isHelpdesks = alertText(settings, 'Mail::Host') === '';
  const server = isHelpdesks ? helpdesksServer(settings) : ownServer(settings, smtpPassword);
  if (server === null)
    return problem(phrase('The helpdesk sends no mail by SMTP: enter a mail server for the alerts.'));
  if ('problem' in server) return server;
  return { recipients, sender, server, isHelpdesks };
}
