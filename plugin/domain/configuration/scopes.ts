import { type Phrase, phrase } from '../../lib/phrase.js';

/**
 * Splits a list of scopes (RFC 6749 §3.3): separated by spaces, each scope once, in the order of the text.
 */
export const scopeList = (text: string): string[] => [...new Set(text.split(/\s+/).filter(Boolean))];

/** Are the lists equal? Then the stored text stays as it was written. */
export const sameScopes = (a: string, b: string): boolean =>
  scopeList(a).join(' ') === scopeList(b).join(' ');

const IMAP = phrase('Read and move mail over IMAP.');
const POP = phrase('Fetch mail over POP3.');
const SMTP = phrase('Send mail over SMTP.');

const KNOWN: [RegExp, Phrase][] = [
  [/\/IMAP\.AccessAsUser\.All$/i, IMAP],
  [/\/POP\.AccessAsUser\.All$/i, POP],
  [/\/SMTP\.Send$/i, SMTP],
  [
    /^offline_access$/,
    phrase(
      'Keeps access working when nobody is signed in. Without it there is no refresh token, and mail stops within an hour.',
    ),
  ],
  [/^openid$/, phrase('Identifies who gave consent, so that a token for the wrong mailbox is detected.')],
  [/^profile$/, phrase('Returns the sign-in name of the person who gave consent.')],
  [/^email$/, phrase('Returns the e-mail address of the person who gave consent.')],
  [
    /^https:\/\/mail\.google\.com\/$/,
    phrase('Full access to the mailbox over IMAP, POP3, and SMTP. Google has no narrower scope.'),
  ],
  [/^mail-w$/, phrase('Read and send mail over IMAP, POP3 and SMTP.')],
  [/^mail-r$/, phrase('Read mail only: PostMaster could not delete the mail that it has fetched.')],
  [/^mail:imap_full$/, phrase('Read and delete mail over IMAP.')],
  [/^mail:imap_ro$/, phrase('Read mail only: PostMaster could not delete the mail that it has fetched.')],
  [/^mail:smtp$/, SMTP],
  [/^mail\.imap$/, phrase('Read and send mail over IMAP, POP3 and SMTP.')],
  [/\/dev\/protocol-imap$/, IMAP],
  [/\/dev\/protocol-pop$/, POP],
  [/\/dev\/protocol-smtp$/, SMTP],
  [/^https:\/\/email\.comcast\.net\/$/, phrase('Read and send mail over IMAP, POP3 and SMTP.')],
  [/\.default$/, phrase('All permissions that were granted to the app in advance.')],
];

/** What a scope permits, in plain words; undefined for an unknown scope. */
export const explainScope = (scope: string): Phrase | undefined =>
  KNOWN.find(([pattern]) => pattern.test(scope))?.[1];
