import { AuthorizationCode } from 'simple-oauth2';
import type { Clock, SettingsReader, TokenEndpoint } from '../domain/ports.js';
import { ProviderError } from '../domain/provider-error.js';
import { createAgent } from './agent.js';
import { failureOf, toProviderError } from './provider-failure.js';

const MAX_ANSWER = 1024 * 1024;

export interface TokenEndpointDeps {
  settings: SettingsReader;
  clock: Clock;
}

/**
 * Token requests through simple-oauth2: client ID and secret in the form-encoded body as the helpdesk sends them,
 * with the helpdesk's proxy, time-out and certificate settings; redirects are not followed.
 *
 * Both kinds go through `getToken`, whose parameters are exactly those of the document (its grant_type included):
 * the library's own `refresh()` loses the refresh token when an answer brings none, and knows fixed names only.
 */
export function createTokenEndpoint({ settings, clock }: TokenEndpointDeps): TokenEndpoint {
  return {
    async post({ url, parameters, client, secrets }) {
      const target = new URL(url);
      const current = await settings.current();
      const timeout = Math.max(1, current.number('WebUserAgent::Timeout', 15)) * 1000;
      const agent = createAgent(current, target);
      try {
        const flow = new AuthorizationCode({
          client: {
            id: client.id,
            secret: client.secret,
            idParamName: client.idParameter,
            secretParamName: client.secretParameter,
          },
          auth: { tokenHost: target.origin, tokenPath: target.pathname + target.search },
          options: { authorizationMethod: 'body', bodyFormat: 'form' },
        });
        // The library types only its own parameters; everything given is sent.
        const result = await flow.getToken(
          parameters as never,
          {
            agent,
            timeout,
            maxBytes: MAX_ANSWER,
            redirects: 0,
          } as never,
        );
        const answer = result.token as Record<string, unknown>;
        if (typeof answer.error === 'string' && answer.error !== '') {
          throw new ProviderError(failureOf(answer, 400, secrets));
        }
        return answer;
      } catch (error) {
        throw error instanceof ProviderError ? error : toProviderError(error, secrets, clock());
      } finally {
        agent.destroy();
      }
    },
  };
}
