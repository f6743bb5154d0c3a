import { request as requestHttp } from 'node:http';
import { request as requestHttps } from 'node:https';
import { SEND_LIMIT } from '../domain/alert/alert-channel.js';
import type { HttpAnswer, HttpSender } from '../domain/alert/http-sender.js';
import { ADDRESS_REFUSED_CODE, PROXY_CODE } from '../domain/doctor/doctor-ports.js';
import type { SettingsReader } from '../domain/helpdesk/settings.js';
import { withoutUpgrade } from '../lib/no-upgrade.js';
import type { AddressRules } from '../lib/safe-address.js';
import { createAgent } from './agent.js';
import { AddressRefused } from './guarded-agent.js';
import { sanitize } from './provider-failure.js';

/** How much of an answer is read, in bytes, and how much of it is shown. */
const MOST_READ = 16 * 1024;
const MOST_SHOWN = 150;
const LONGEST_WAIT = 86_400;

/** Retry-After (RFC 9110 §10.2.3) in milliseconds. */
function retryAfter(header: string | undefined, now: number): number | null {
  if (header === undefined) return null;
  const seconds = /^\d{1,9}$/.test(header) ? Number(header) : (Date.parse(header) - now) / 1000;
  return Number.isFinite(seconds) && seconds > 0 ? Math.min(seconds, LONGEST_WAIT) * 1000 : null;
}

/**
 * Sends requests to addresses that an admin has entered, under the rules for providers: proxy, certificates
 * and allowed addresses. Follows no redirect.
 */
export function createHttpSender({
  settings,
  addresses,
  limit = SEND_LIMIT,
}: {
  settings: SettingsReader;
  addresses: AddressRules;
  /** Milliseconds for everything. */
  limit?: number;
}): HttpSender {
  return async ({ url, method, headers = {}, body }) => {
    const agent = await createAgent({ settings: await settings.current(), addresses }, url).catch(
      (error: unknown) => {
        if (error instanceof AddressRefused) return null;
        throw error;
      },
    );
    if (!agent) return { code: ADDRESS_REFUSED_CODE };
    const request = url.protocol === 'https:' ? requestHttps : requestHttp;
    const signal = AbortSignal.timeout(limit);
    try {
      return await new Promise<HttpAnswer>((resolve) => {
        const fail = (error: NodeJS.ErrnoException) =>
          resolve({
            code: agent.refused()
              ? ADDRESS_REFUSED_CODE
              : signal.aborted
                ? 'ETIMEDOUT'
                : String(error.code ?? error.name),
          });
        let answered: (() => void) | undefined;
        const sent = request(
          url,
          {
            agent,
            signal,
            method,
            headers: { 'User-Agent': 'znuny-oauth2-sidecar', Connection: 'close', ...headers },
          },
          (answer) => {
            const refusal = agent.proxyRefusal(answer.statusCode ?? 0);
            if (refusal !== null) {
              answer.destroy();
              return resolve({ code: `${PROXY_CODE}${refusal}` });
            }
            const chunks: Buffer[] = [];
            let size = 0;
            // A status is an answer, even if its text never ends.
            const done = () =>
              resolve({
                status: answer.statusCode ?? 0,
                text: sanitize(
                  Buffer.concat(chunks).toString('utf8'),
                  [url.href, url.pathname + url.search],
                  MOST_SHOWN,
                ),
                retryAfter: retryAfter(answer.headers['retry-after'], Date.now()),
              });
            answered = done;
            answer.on('data', (chunk: Buffer) => {
              chunks.push(chunk);
              size += chunk.length;
              if (size > MOST_READ) {
                done();
                sent.destroy();
              }
            });
            answer.on('end', done).on('error', done);
          },
        );
        withoutUpgrade(sent).on('error', (error) => (answered ? answered() : fail(error)));
        sent.end(body);
      });
    } finally {
      agent.destroy();
    }
  };
}
