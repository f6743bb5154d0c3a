import { existsSync } from 'node:fs';
import type { Echo, Reached, WebServerInspector } from '../domain/doctor-ports.js';
import { apacheLayout, rulesFile, SELINUX } from './apache-layouts.js';
import { CLIENT_HEADER, PROBE_PATH, SEEN_HEADER } from './apache-rules.js';

const TIMEOUT = 8000;
const MAX_ANSWER = 4096;

/** Code of what went wrong; TLS and sockets hang it on the cause. */
function codeOf(error: unknown): string {
  const { code, cause, name } = error as { code?: unknown; cause?: { code?: unknown }; name?: string };
  return String(cause?.code ?? code ?? (name === 'TimeoutError' ? 'ETIMEDOUT' : 'unknown'));
}

/** A part of the policy on every answer of the sidecar (plugin/web) that the helpdesk's own policy does not have. */
const OWN_POLICY = "base-uri 'self'";

/** @param form sent by POST */
const get = (url: string, headers: Record<string, string> = {}, form?: string): Promise<Response> =>
  fetch(url, {
    ...(form === undefined ? {} : { method: 'POST', body: form }),
    headers: {
      ...headers,
      ...(form === undefined ? {} : { 'Content-Type': 'application/x-www-form-urlencoded' }),
      Connection: 'close',
    },
    redirect: 'manual',
    signal: AbortSignal.timeout(TIMEOUT),
  });

async function readShort(answer: Response): Promise<string> {
  let text = '';
  for await (const chunk of answer.body ?? []) {
    text += Buffer.from(chunk as Uint8Array).toString('utf8');
    if (text.length > MAX_ANSWER) break;
  }
  return text;
}

/**
 * @param port where the sidecar listens on loopback
 * @param door the web server's door for the sidecar, see apache-rules.ts
 */
export function createWebServerInspector(port: number, door: number): WebServerInspector {
  const loopback = `http://127.0.0.1:${port}`;
  return {
    loopback,
    rulesFile: rulesFile(apacheLayout(existsSync)),
    hasSelinux: () => existsSync(SELINUX),
    async echo(url, nonce, forged): Promise<Echo> {
      try {
        const answer = await get(
          `${url}?Doctor=${encodeURIComponent(nonce)}`,
          forged === undefined ? {} : { [CLIENT_HEADER]: forged },
        );
        const text = await readShort(answer);
        if (answer.status === 200 && text.startsWith('{"mark":')) {
          const { mark, address } = JSON.parse(text) as { mark: unknown; address: unknown };
          return { kind: 'sidecar', mark: String(mark), address: String(address) };
        }
        return { kind: 'other', status: answer.status };
      } catch (error) {
        return error instanceof SyntaxError
          ? { kind: 'other', status: 200 }
          : { kind: 'nobody', code: codeOf(error) };
      }
    },
    async reach(url, form): Promise<Reached> {
      try {
        const answer = await get(url, {}, form);
        await answer.body?.cancel();
        const policy = answer.headers.get('content-security-policy') ?? '';
        return { sidecar: policy.includes(OWN_POLICY), status: answer.status };
      } catch (error) {
        return { code: codeOf(error) };
      }
    },
    async readiness() {
      return get(`${loopback}/readyz`).then(
        ({ status }) => status,
        () => null,
      );
    },
    async doorSees(address) {
      return get(`http://127.0.0.1:${door}${PROBE_PATH}`, { [CLIENT_HEADER]: address }).then(
        (answer) => answer.headers.get(SEEN_HEADER) ?? '',
        () => null,
      );
    },
  };
}
