import { checkServerIdentity, type TLSSocket } from 'node:tls';
import type { Certificate } from '../domain/mailbox/mailbox.js';

const MAX_NAMES = 8;
const MAX_LENGTH = 200;

const first = (value: string | string[] | undefined): string => [value].flat()[0] ?? '';

function nameOf(of: { CN?: string | string[]; O?: string | string[] } | undefined): string {
  const [name, organization] = [first(of?.CN), first(of?.O)];
  const text =
    name && organization && name !== organization ? `${name} (${organization})` : name || organization;
  return text.slice(0, MAX_LENGTH);
}

/** Reads the server's certificate and what is wrong with it. The handshake itself accepts any certificate. */
export function certificateOf(socket: TLSSocket, host: string): Certificate {
  const peer = socket.getPeerCertificate();
  const names = (peer.subjectaltname ?? '').split(', ').map((name) => name.replace(/^(DNS|IP Address):/, ''));
  const faults: string[] = [];
  if (!socket.authorized) faults.push(String(socket.authorizationError ?? 'UNKNOWN'));
  // Node compares the name only if the chain is trusted; admins want to see both faults at once.
  const mismatch = checkServerIdentity(host, peer) as NodeJS.ErrnoException | undefined;
  if (mismatch?.code && !faults.includes(mismatch.code)) faults.push(mismatch.code);
  const validTo = new Date(peer.valid_to ?? '');
  return {
    subject: nameOf(peer.subject),
    names: names
      .filter((name) => name !== '')
      .slice(0, MAX_NAMES)
      .map((name) => name.slice(0, MAX_LENGTH)),
    issuer: nameOf(peer.issuer),
    validTo: Number.isNaN(validTo.getTime()) ? null : validTo,
    faults,
  };
}
