import { AuthorizationCode } from 'simple-oauth2';
import type { Clock } from '../domain/clock.js';
import type { SettingsReader } from '../domain/helpdesk/settings.js';
import type { ClientKeys } from '../domain/provider/client-keys.js';
import type { LostAnswer } from '../domain/provider/lost-answer.js';
import { ProviderError } from '../domain/provider/provider-error.js';
import type { ServiceAccountKeys } from '../domain/provider/service-account-keys.js';
import type { TokenEndpoint, TokenRequest } from '../domain/provider/token-endpoint.js';
import { inTime, TimeOut } from '../lib/in-time.js';
import type { AddressRules } from '../lib/safe-address.js';
import { createAgent } from './agent.js';
import { type ClientProof, clientProofs } from './client-proof.js';
import { firstAccepted } from './first-accepted.js';
import type { Gate } from './gate.js';
import { AddressRefused } from './guarded-agent.js';
import { createPatience, type Patience } from './patience.js';
import { failureOf, MAX_ANSWER, toProviderError } from './provider-failure.js';

/** In seconds; shorter than the lease of a renewal. */
const LONGEST_TIMEOUT = 90;

export interface TokenEndpointDeps {
  settings: SettingsReader;
  addresses: AddressRules;
  clock: Clock;
  /** The keys of client certificates; without it a request with certificates fails. */
  keys?: Pick<ClientKeys, 'sign'>;
  /** The keys of service accounts; without it a request of one fails. */
  serviceAccountKeys?: Pick<ServiceAccountKeys, 'sign'>;
}

/** A name server's answer may be temporary, so the request is repeated; the tokens stay valid. */
const addressRefused = () =>
  new ProviderError({
    outcome: 'transient',
    error: 'address_refused',
  });

/**
 * The proxy refused.
 * @param lost how an answer may have been lost. None can where the proxy opened no tunnel: then the provider has received
 *   nothing. A proxy that passes on a request without TLS may have done so before it answers in the provider's place.
 */
const proxyRefused = (status: number, lost?: LostAnswer) =>
  new ProviderError({
    outcome: 'transient',
    error: `proxy_${status}`,
    status,
    ...(lost ? { lost } : {}),
  });

interface Sent<T> {
  url: URL;
  /** Values to leave out of every error. */
  secrets: string[];
  /**
   * Receives options for the library's HTTP client (Wreck), without its time-out, which would discard an answer
   * that arrived while the process stood still.
   */
  send(options: object): Promise<T>;
  /** If given, waits for an answer beyond the time-out once the request is sent. */
  sending?: TokenRequest['sending'];
  patience?: Patience;
}

/**
 * Sends one request with the helpdesk's settings for outbound HTTP. WebUserAgent::Timeout limits the request
 * as a whole.
 * @throws ProviderError, and what `sending.check` throws
 */
export async function request<T>(
  { settings, addresses, clock }: TokenEndpointDeps,
  { url, secrets, send, sending, patience = createPatience() }: Sent<T>,
): Promise<T> {
  const current = await settings.current();
  const seconds = current.number('WebUserAgent::Timeout', 15) || 15;
  const usual = Math.min(LONGEST_TIMEOUT, Math.max(1, seconds)) * 1000;
  const gate: Gate = { check: sending?.check ?? (() => undefined), sentAt: null };
  const agent = await createAgent({ settings: current, addresses }, url, gate).catch((error: unknown) => {
    throw error instanceof AddressRefused ? addressRefused() : error;
  });
  try {
    const sent = send({ agent, maxBytes: MAX_ANSWER, redirects: 0, redirect303: true });
    const answer = await inTime(sent, usual).catch((error: unknown) => {
      if (!(error instanceof TimeOut && sending && gate.sentAt !== null)) throw error;
      sending.late?.();
      return patience.listen(sent, url.host, gate.sentAt, Math.max(0, sending.listenMs - usual));
    });
    const refusal = agent.proxyRefusal(0);
    if (refusal !== null) throw proxyRefused(refusal);
    if (gate.sentAt !== null) patience.noteAnswer(url.host, gate.sentAt);
    return answer;
  } catch (error) {
    if (gate.refusal !== undefined) throw gate.refusal;
    if (agent.refused()) throw addressRefused();
    const fault = error instanceof ProviderError ? error : toProviderError(error, secrets, clock());
    // An error in OAuth's own form is the provider's, whatever its status.
    const status =
      fault instanceof ProviderError && /^(http_|invalid_answer)/.test(fault.failure.error)
        ? (fault.failure.status ?? 0)
        : 0;
    const refusal = agent.proxyRefusal(status);
    if (refusal === null || !(fault instanceof ProviderError)) throw fault;
    throw proxyRefused(refusal, url.protocol === 'http:' ? fault.failure.lost : undefined);
  } finally {
    // The caller has given up: send nothing even if the connection is established later.
    if (gate.sentAt === null) gate.abandon?.();
    agent.destroy();
  }
}

/**
 * Sends token requests through simple-oauth2, with the helpdesk's proxy, time-out and certificate settings. The client
 * proves its identity by each of its ways in turn, until the provider does not reject the client. Redirects are not
 * followed.
 *
 * All grant types use `getToken`, whose parameters are exactly those of the document (including grant_type).
 * The library's own `refresh()` loses the refresh token if an answer contains none, and supports only fixed
 * parameter names.
 */
export function createTokenEndpoint(deps: TokenEndpointDeps): TokenEndpoint {
  const patience = createPatience();

  async function sendOnce({ url, parameters, secrets, sending }: TokenRequest, proof: ClientProof) {
    const target = new URL(url);
    const hidden = [...secrets, ...proof.secrets];
    return request(deps, {
      url: target,
      secrets: hidden,
      send: async (options) => {
        const flow = new AuthorizationCode({
          client: proof.client,
          auth: { tokenHost: target.origin, tokenPath: target.pathname + target.search },
          options: { authorizationMethod: 'body', bodyFormat: 'form' },
        });
        // The library declares only its own parameters; it sends everything that it receives. Like the
        // helpdesk's Perl, it reads the body as JSON whatever Content-Type says, because an answer comes
        // only once.
        const all = { ...parameters, ...proof.parameters };
        const result = await flow.getToken(all as never, { ...options, json: 'force' } as never);
        // Drop the end that the library computes; the document decides which fields count.
        const { expires_at: _ours, ...answer } = result.token as Record<string, unknown>;
        if (typeof answer.error === 'string' && answer.error !== '') {
          throw new ProviderError(failureOf(answer, 400, hidden));
        }
        return answer;
      },
      sending,
      patience,
    });
  }

  return {
    post: (asked) => firstAccepted(clientProofs(asked, deps), (proof) => sendOnce(asked, proof)),
  };
}
