import type { MailFaultCode } from '../mailbox/mailbox.js';
import type { RelayPlace } from './relay-listener.js';

/** Where an attempt at the relay ended; `mailbox`: signed in, but nothing came back from behind the relay. */
export type RelayStep = 'connect' | 'greeting' | 'tls' | 'sign-in' | 'mailbox';

export interface RelayFault {
  step: RelayStep;
  code: MailFaultCode;
  /** The text of the relay or of the mail server behind it, safe to show, or a code of Node. */
  said: string;
}

/** Uses the relay as its clients do. Adapter: plugin/mail. Faults are results; nothing rejects. */
export interface RelayClient {
  /**
   * Reads the greeting.
   * @returns null if the relay answers
   */
  greet(place: RelayPlace): Promise<RelayFault | null>;
  /**
   * Signs in and asks the mail server behind the relay for something that changes nothing.
   * @returns null if all of it works
   */
  signIn(place: RelayPlace, credentials: { login: string; password: string }): Promise<RelayFault | null>;
}
