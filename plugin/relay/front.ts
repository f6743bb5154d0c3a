import type { RelayRefusal } from '../domain/relay/relay-refusal.js';
import { type LineReader, ProtocolFault } from './line-reader.js';
import type { Credentials } from './sasl.js';

/** What a protocol knows of its connection. */
export interface FrontContext {
  reader: LineReader;
  /** Sends a line; adds CR LF. */
  send(line: string): void;
  /** This host's name in greetings. */
  hostName: string;
  /** Can TLS begin now? */
  offersTls(): boolean;
  /** May a password be sent now? Not without TLS on addresses that other machines reach. */
  mayAuthenticate(): boolean;
}

/** What a client wants: to sign in, to begin TLS (already answered), or to leave (already answered). */
export type FrontRequest = Credentials | 'starttls' | 'leave';

/** One protocol before the sign-in. */
export interface Front {
  greet(): void;
  /** Reads and answers commands until one of them needs more than this protocol. */
  next(): Promise<FrontRequest>;
  /** Tells that the sign-in succeeded. @param capability what an IMAP server told of itself */
  accept(capability: string | null): void;
  refuse(refusal: RelayRefusal): void;
  /** Says that the relay ends the connection. */
  bye(text: string): void;
  /** The client's name in EHLO; '' if the protocol has none. */
  clientName(): string;
}

/** More than any client needs before its sign-in. */
const MOST_COMMANDS = 30;

/** @returns counts a command @throws (later) ProtocolFault */
export function commandCounter(): () => void {
  let count = 0;
  return () => {
    count++;
    if (count > MOST_COMMANDS) throw new ProtocolFault('too many commands before the sign-in');
  };
}
