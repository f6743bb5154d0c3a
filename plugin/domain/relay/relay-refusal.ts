import { inEnglish, type Phrase, phrase } from '../../lib/phrase.js';

/**
 * Why the relay refuses a sign-in. credentials: wrong user or password; action: somebody must act before it
 * can work, for example consent again; passing: it may work in a moment.
 */
export type RelayRefusalKind = 'credentials' | 'action' | 'passing';

/** What a client is told whose configuration is missing, or has given its ID to another one. */
export const CONFIGURATION_GONE = phrase('The token configuration of this mailbox was deleted.');

/** Ends a sign-in at the relay. The text is shown to the client and must not contain secrets. */
export class RelayRefusal extends Error {
  override readonly name = 'RelayRefusal';
  constructor(
    readonly kind: RelayRefusalKind,
    readonly text: Phrase,
  ) {
    super(inEnglish(text));
  }
}

/**
 * Why the provider's mail server could not be used. token-refused: it does not accept this token; passing: no
 * connection, or the server says that the fault will pass; lasting: for example an untrusted certificate.
 */
export class UpstreamFault extends Error {
  override readonly name = 'UpstreamFault';
  constructor(
    readonly kind: 'token-refused' | 'passing' | 'lasting',
    readonly text: Phrase,
  ) {
    super(inEnglish(text));
  }
}
