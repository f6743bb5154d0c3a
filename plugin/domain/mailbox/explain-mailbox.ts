import { type Phrase, phrase } from '../../lib/phrase.js';
import { closedToApp } from './explain-app.js';
import { explainRefusal, type RefusalFacts } from './explain-refusal.js';
import { isOutsideAscii, serverSpelling } from './folder-name.js';
import { MAIL_TYPES, type MailboxReport, type MailFaultCode, type MailType } from './mailbox.js';
import { readServerWords } from './server-words.js';

/** Why a certificate is not trusted, by the codes of OpenSSL and Node. */
const CERTIFICATE_FAULTS: Record<string, Phrase> = {
  DEPTH_ZERO_SELF_SIGNED_CERT: phrase('The certificate is self-signed.'),
  SELF_SIGNED_CERT_IN_CHAIN: phrase('The certificate was issued by an unknown authority.'),
  UNABLE_TO_GET_ISSUER_CERT: phrase('The certificate was issued by an unknown authority.'),
  UNABLE_TO_GET_ISSUER_CERT_LOCALLY: phrase(
    'The certificate was issued by an unknown authority, or the server does not send the intermediate certificates.',
  ),
  UNABLE_TO_VERIFY_LEAF_SIGNATURE: phrase(
    'The certificate was issued by an unknown authority, or the server does not send the intermediate certificates.',
  ),
  CERT_HAS_EXPIRED: phrase('The certificate has expired.'),
  CERT_NOT_YET_VALID: phrase('The certificate is not valid yet. Compare the clocks of both machines.'),
  CERT_REVOKED: phrase('The certificate was revoked.'),
  ERR_TLS_CERT_ALTNAME_INVALID: phrase(
    "The certificate was issued for a different name than the account's host.",
  ),
  HOSTNAME_MISMATCH: phrase("The certificate was issued for a different name than the account's host."),
};

const CERTIFICATE_OTHER = phrase('The certificate could not be verified.');

export const explainCertificate = (faults: string[]): Phrase[] => [
  ...new Set(faults.map((fault) => CERTIFICATE_FAULTS[fault] ?? CERTIFICATE_OTHER)),
];

/** What a fault means and who must do what. `explainRefusal` covers the faults of the sign-in. */
const MAIL_FAULTS: Partial<Record<MailFaultCode, Phrase>> = {
  'host-unknown': phrase(
    "The host name cannot be resolved. Check its spelling, and the DNS settings of the helpdesk's machine.",
  ),
  'address-refused': phrase(
    'The host is link-local or reserved, so the sidecar does not connect to it. Check it, or allow it with the variable SIDECAR_ALLOW_ADDRESSES.',
  ),
  'connection-refused': phrase(
    'The server responds, but nothing listens on this port. Check the account type and the port.',
  ),
  unreachable: phrase('There is no route to this address. Check the network and the firewall.'),
  timeout: phrase('The server did not respond in time. Check the port, the firewall, and the server.'),
  closed: phrase('The server closed the connection without an explanation.'),
  'other-protocol': phrase('This port is answered by something other than a mail server of this type.'),
  'tls-failed': phrase(
    'No encrypted connection could be established: the server uses another protocol on this port, or only outdated TLS versions.',
  ),
  'starttls-refused': phrase('The server does not offer STARTTLS on this port, so the token was not sent.'),
  'turned-away': phrase(
    'The server is currently not accepting connections from this machine. Test again in a few minutes.',
  ),
  'folder-refused': phrase(
    'Signing in works, but the folder cannot be opened. Check the IMAP folder in the mail account, and its permissions.',
  ),
  'too-much': phrase(
    'The server sent far more data than a mail server sends before sign-in. The test was stopped.',
  ),
  'not-understood': phrase("The server's response does not conform to the protocol. The test was stopped."),
};

/** The type with the same protocol and implicit TLS, for servers that stay silent until the handshake. */
const IMPLICIT: Record<(typeof MAIL_TYPES)[MailType]['protocol'], MailType> = {
  imap: 'IMAPS',
  pop3: 'POP3S',
  smtp: 'SMTPS',
};

/** One cause and its remedy: what the server's text names, else what the step that failed suggests. */
function causeOf(
  { code, said }: NonNullable<MailboxReport['fault']>,
  { mailbox, app }: RefusalFacts,
): Phrase {
  const words = readServerWords(said, MAIL_TYPES[mailbox.type].protocol);
  if (words?.cause === 'no-access' && app) return closedToApp(mailbox.login);
  if (words) return words.text;
  if (code === 'folder-refused' && isOutsideAscii(mailbox.folder))
    return phrase(
      'Signing in works, but the folder cannot be opened. Servers encode non-ASCII letters differently: enter the IMAP folder in the mail account as %s',
      serverSpelling(mailbox.folder),
    );
  return MAIL_FAULTS[code] ?? phrase('The test failed.');
}

/** What an admin should know and do, most important first; empty if all is well. */
export function explainMailbox(report: MailboxReport, facts: RefusalFacts): Phrase[] {
  const { type } = facts.mailbox;
  const { tls, protocol } = MAIL_TYPES[type];
  const lines: Phrase[] = [];
  const { fault, certificate } = report;
  const said = () => {
    if (fault?.said) lines.push(phrase('The server said: %s', fault.said));
  };
  if (fault?.code === 'unprotected') {
    lines.push(
      phrase(
        'The token was not sent because the connection is not secure. To test anyway, allow insecure connections below.',
      ),
    );
  } else if (fault?.code === 'other-form' || fault?.step === 'sign-in') {
    lines.push(...explainRefusal(report, facts));
  } else if (fault) {
    lines.push(causeOf(fault, facts));
    if (fault.code === 'other-protocol' && fault.said)
      lines.push(phrase('It identifies itself as: %s.', fault.said));
    else if (['turned-away', 'folder-refused', 'starttls-refused'].includes(fault.code)) said();
    if (fault.step === 'greeting' && tls !== 'implicit' && ['timeout', 'closed'].includes(fault.code))
      lines.push(
        phrase(
          'A server that expects encryption from the start stays silent. Try type %s.',
          IMPLICIT[protocol],
        ),
      );
    if (fault.code === 'tls-failed' && tls === 'implicit')
      lines.push(phrase('If the connection begins without encryption, choose a type that ends with TLS.'));
    if (fault.code === 'starttls-refused' && protocol !== 'imap')
      lines.push(
        phrase(
          'The helpdesk does not detect this: with this type it sends the token unencrypted. Change the type.',
        ),
      );
  }
  if (certificate && certificate.faults.length > 0) {
    lines.push(...explainCertificate(certificate.faults));
    lines.push(
      phrase(
        'The helpdesk does not check certificates, so it signs in anyway; but anyone who can intercept the connection can read the token.',
      ),
    );
  }
  return lines;
}
