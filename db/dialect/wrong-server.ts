import { type Phrase, phrase } from '../../plugin/lib/phrase.js';

/** What listens at the address does not speak the protocol of this family. It has received no password. */
export class OtherServer extends Error {
  override readonly name = 'OtherServer';
  readonly detail: Phrase;
  /** @param family the names of its servers */
  constructor(family: string) {
    super(`This is not a server of ${family}`);
    this.detail = phrase(
      'The program that answers there is not a %s server. Check the host and the port in DatabaseDSN in Kernel/Config.pm.',
      family,
    );
  }
}

/**
 * What listens at the address has said nothing while the connection was to be opened: a server that hangs, or one of
 * another family, which waits for the client to begin.
 */
export const silentServer = (family: string): Phrase =>
  phrase(
    'It does not answer in time. If the server works, check the host and the port in DatabaseDSN in Kernel/Config.pm: what listens there may not be a %s server.',
    family,
  );

/** The server refuses every change. */
export const READ_ONLY = phrase(
  'It answers, but accepts no changes (read-only). If it is a replica, name the server that accepts changes in DatabaseDSN in Kernel/Config.pm.',
);
