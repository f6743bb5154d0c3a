import { existsSync, statSync } from 'node:fs';
import { request } from 'node:http';
import type { Echo, Reached, WebServerInspector } from '../domain/doctor/doctor-ports.js';
import { CLIENT_HEADER, SECRET_HEADER } from '../domain/helpdesk/channel.js';
import { inUrl, reachableHost } from '../lib/ip-address.js';
import { withoutUpgrade } from '../lib/no-upgrade.js';
import { posixWord } from '../lib/shell-words.js';
import { apacheLayout, rulesFile, SELINUX } from './apache-layouts.js';
import { type ListenerOptions, openListener } from './internal-listener.js';
import { nginxRulesFile } from './nginx-site.js';
import { selinuxState } from './selinux.js';

const TIMEOUT = 8000;
const MAX_ANSWER = 16_384;

/** The code of a fault; TLS and sockets attach it to the cause. */
function codeOf(error: unknown): string {
  const { code, cause, name } = error as { code?: unknown; cause?: { code?: unknown }; name?: string };
  return String(cause?.code ?? code ?? (name === 'TimeoutError' ? 'ETIMEDOUT' : 'unknown'));
}

/**
 * A part of the content security policy of every answer of the sidecar (plugin/web) that the helpdesk's own
 * policy lacks.
 */
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

async function readShort(body: AsyncIterable<Uint8Array> | null): Promise<string> {
  let text = '';
  for await (const chunk of body ?? []) {
    text += Buffer.from(chunk).toString('utf8');
    if (text.length > MAX_ANSWER) break;
  }
  return text;
}

function echoOf(status: number, text: string): Echo {
  const [, code] = /data-code="([\w-]+)"/.exec(text) ?? [];
  const other: Echo = { kind: 'other', status, ...(code === undefined ? {} : { code }) };
  if (status !== 200 || !text.startsWith('{"mark":')) return other;
  try {
    const { mark, address } = JSON.parse(text) as { mark: unknown; address: unknown };
    return { kind: 'sidecar', mark: String(mark), address: String(address) };
  } catch {
    return other;
  }
}

export interface WebServerOptions {
  /** The Unix socket through which the web server reaches the sidecar; null: the port. */
  socket: string | null;
  /** SIDECAR_HOST and SIDECAR_PORT. */
  host: string;
  port: number;
  /** null: a configuration of version 0.1. */
  secret: string | null;
  /** The web server's internal listener, see apache-rules.ts. */
  listener: Pick<ListenerOptions, 'host' | 'port'>;
  /** The certificate of an nginx that is the only web server, see ListenerOptions; null: Apache. */
  certificate: string | null;
  /** The helpdesk's folder. */
  home: string;
  /** The name of this installation's rules, without an extension. */
  rules: string;
  /** Has `install` written them? Otherwise an admin has set up the web server by hand. */
  isInstalled: boolean;
}

/**
 * Returns the command that writes the rules again. `install` keeps the options with which it wrote them. Neither command
 * replaces the rules by an empty file if it fails.
 */
function commandFor({ certificate, home, isInstalled }: WebServerOptions, file: string): string {
  const where = `--home ${posixWord(home)}`;
  return isInstalled || certificate !== null
    ? `znuny-oauth2 install ${where}`
    : `rules=$(znuny-oauth2 apache-rules ${where}) && printf '%s\\n' "$rules" | install -m 0600 /dev/stdin ${file}`;
}

export function createWebServerInspector(options: WebServerOptions): WebServerInspector {
  const { socket, port, secret, listener, certificate, rules } = options;
  const host = reachableHost(options.host);
  const file = certificate === null ? rulesFile(apacheLayout(existsSync), rules) : nginxRulesFile(rules);
  /** Sends a request to the sidecar itself, as the web server would. */
  const ask = (path: string): Promise<{ status: number; text: string }> =>
    new Promise((resolve, reject) => {
      const headers = {
        [CLIENT_HEADER]: '127.0.0.1',
        Connection: 'close',
        ...(socket === null && secret !== null ? { [SECRET_HEADER]: secret } : {}),
      };
      const way = socket === null ? { host, port } : { socketPath: socket };
      const sent = request(
        { ...way, path, headers, signal: AbortSignal.timeout(TIMEOUT), agent: false },
        (answer) =>
          readShort(answer).then((text) => resolve({ status: answer.statusCode ?? 0, text }), reject),
      );
      withoutUpgrade(sent).on('error', reject);
      sent.end();
    });
  return {
    sidecarAt: socket ?? `http://${inUrl(host)}:${port}`,
    isProven: socket !== null || secret !== null,
    rulesFile: file,
    rulesCommand: commandFor(options, file),
    rulesMode: () => (secret === null ? null : (statSync(file, { throwIfNoEntry: false })?.mode ?? null)),
    hasSelinux: () => existsSync(SELINUX),
    selinux: () => selinuxState(),
    async echo(url, nonce, forged): Promise<Echo> {
      try {
        const answer = await get(
          `${url}?Doctor=${encodeURIComponent(nonce)}`,
          forged === undefined ? {} : { [CLIENT_HEADER]: forged },
        );
        return echoOf(answer.status, await readShort(answer.body));
      } catch (error) {
        return { kind: 'nobody', code: codeOf(error) };
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
    async echoDirectly(path, nonce): Promise<Echo> {
      try {
        const { status, text } = await ask(`${path}?Doctor=${encodeURIComponent(nonce)}`);
        return echoOf(status, text);
      } catch (error) {
        return { kind: 'nobody', code: codeOf(error) };
      }
    },
    readiness: () =>
      ask('/readyz').then(
        ({ status }) => ({ status }),
        (error: unknown) => ({ code: codeOf(error) }),
      ),
    async internalListener(address) {
      const connection = openListener({ ...listener, secret, certificate });
      try {
        return await connection.probe(address);
      } catch {
        return null;
      } finally {
        connection.close();
      }
    },
  };
}
