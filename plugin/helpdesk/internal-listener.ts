import { createHash } from 'node:crypto';
import { Agent, request } from 'node:http';
import net from 'node:net';
import tls from 'node:tls';
import { CLIENT_HEADER, SECRET_HEADER } from '../domain/helpdesk/channel.js';
import { randomText, sameText } from '../lib/hash.js';
import { withoutUpgrade } from '../lib/no-upgrade.js';
import { NONCE_HEADER, PROBE_PATH, PROOF_HEADER, SEEN_HEADER } from './apache-rules.js';

const TIMEOUT = 8000;
const MAX_PAGE = 2 * 1024 * 1024;

interface Answer {
  status: number;
  seen: string;
  proof: string;
  body: string;
}

/** One TCP connection to the web server's internal listener. */
export interface ListenerConnection {
  /**
   * Sends an address, but no cookie and no secret. `isProven`: the listener is the web server; `seen`: the
   * address that it sees.
   */
  probe(address: string): Promise<{ isProven: boolean; seen: string }>;
  /**
   * Fetches a page with the secret, as far as its `</html>`. Only after a probe on the same connection, and only once:
   * the helpdesk then ends the connection.
   */
  get(
    path: string,
    address: string,
    headers: Record<string, string>,
  ): Promise<{ status: number; body: string }>;
  /** Ends the connection, or lets a page that has arrived end it. */
  close(): void;
}

/** The proof that Apache computes from the secret, see apache-rules.ts. */
export const proofOf = (secret: string, nonce: string): string =>
  createHash('sha1').update(`${secret}${nonce}${secret}`).digest('hex');

export interface ListenerOptions {
  /** 127.0.0.1, or the web server's container. */
  host: string;
  port: number;
  /** null: a configuration of version 0.1, whose rules prove nothing, so no proof is required */
  secret: string | null;
  /**
   * The fingerprint of the certificate by which nginx proves its identity, see nginx-listener.ts. null: the web server
   * is an Apache, which proves that it knows the secret.
   */
  certificate: string | null;
}

/** The fingerprint of a certificate (DER), as the configuration names it. */
export const fingerprintOf = (certificate: Uint8Array): string =>
  `SHA256:${createHash('sha256').update(certificate).digest('base64url')}`;

/** Has the other side proven that it has the key of this certificate? Names and dates in it do not matter. */
const hasCertificate = (peer: tls.TLSSocket | undefined, certificate: string): boolean => {
  const shown = peer?.getPeerX509Certificate();
  return shown !== undefined && fingerprintOf(shown.raw) === certificate;
};

/** What ends a page. The helpdesk tidies up before it ends the response, which takes up to a tenth of the time of a page. */
const END_OF_PAGE = /<\/html>\s*$/;
const TAIL_BYTES = 64;

/** Codes of an answer that is no TLS. */
const NO_TLS = /^(?:EPROTO|ERR_SSL_)/;

export function openListener({ host, port, secret, certificate }: ListenerOptions): ListenerConnection {
  let opened = false;
  let isEnding = false;
  let peer: tls.TLSSocket | undefined;
  const agent = new Agent({ keepAlive: true, maxSockets: 1 });
  agent.createConnection = (_options, done) => {
    // The proof holds for this connection only: another one may lead to a different program.
    if (opened && (secret !== null || certificate !== null)) {
      // Not thrown: Node also connects inside an event handler, when the first connection ends while a
      // request waits.
      done?.(new Error('the connection has ended'), undefined as unknown as net.Socket);
      return undefined;
    }
    opened = true;
    if (certificate === null) return net.connect(port, host);
    // Compared with the certificate above, after the handshake and before anything secret is sent.
    peer = tls.connect({ host, port, rejectUnauthorized: false });
    return peer;
  };

  const ask = (path: string, headers: Record<string, string>): Promise<Answer> =>
    new Promise((resolve, reject) => {
      const signal = AbortSignal.timeout(TIMEOUT);
      const sent = request({ host, port, path, headers, signal, agent }, (answer) => {
        const chunks: Buffer[] = [];
        let size = 0;
        const answered = () => {
          const header = (name: string) => String(answer.headers[name.toLowerCase()] ?? '');
          resolve({
            status: answer.statusCode ?? 0,
            seen: header(SEEN_HEADER),
            proof: header(PROOF_HEADER),
            body: Buffer.concat(chunks).toString('utf8'),
          });
        };
        answer.on('data', (chunk: Buffer) => {
          size += chunk.length;
          if (size > MAX_PAGE) return sent.destroy(new Error('page too large'));
          chunks.push(chunk);
          if (END_OF_PAGE.test(chunk.subarray(-TAIL_BYTES).toString('latin1'))) {
            isEnding = true;
            answered();
          }
        });
        answer.on('error', reject);
        answer.on('end', answered);
      });
      withoutUpgrade(sent).on('error', reject);
      sent.end();
    });

  let isProven = secret === null && certificate === null;
  return {
    async probe(address) {
      const nonce = randomText(192);
      const headers = { [CLIENT_HEADER]: address, [NONCE_HEADER]: nonce };
      const { seen, proof } = await ask(PROBE_PATH, headers).catch((error: NodeJS.ErrnoException) => {
        if (certificate !== null && NO_TLS.test(error.code ?? '')) return { seen: '', proof: '' };
        throw error;
      });
      isProven =
        certificate === null
          ? secret === null || sameText(proof, proofOf(secret, nonce))
          : hasCertificate(peer, certificate);
      return { isProven, seen };
    },
    async get(path, address, headers) {
      if (!isProven) throw new Error('not proven');
      const proof: Record<string, string> = secret === null ? {} : { [SECRET_HEADER]: secret };
      return ask(path, { ...headers, ...proof, [CLIENT_HEADER]: address, Connection: 'close' });
    },
    close: () => {
      if (!isEnding) agent.destroy();
    },
  };
}
