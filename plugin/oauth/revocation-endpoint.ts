import { AuthorizationCode } from 'simple-oauth2';
import { ProviderError } from '../domain/provider-error.js';
import type { RevocationEndpoint } from '../domain/revocation.js';
import { toProviderError } from './provider-failure.js';
import { clientOf, httpOptions, type TokenEndpointDeps } from './token-endpoint.js';

/** Revocation requests (RFC 7009) through simple-oauth2, with the client in the body as for tokens. */
export function createRevocationEndpoint({ settings, clock }: TokenEndpointDeps): RevocationEndpoint {
  return {
    async revoke(request) {
      const { url, parameters, secrets } = request;
      const target = new URL(url);
      const options = await httpOptions(await settings.current(), target);
      const kind = parameters.token_type_hint === 'access_token' ? 'access_token' : 'refresh_token';
      try {
        const flow = new AuthorizationCode({
          client: clientOf(request),
          auth: { tokenHost: target.origin, revokePath: target.pathname + target.search },
          options: { authorizationMethod: 'body', bodyFormat: 'form' },
        });
        const token = flow.createToken({ [kind]: parameters.token });
        // A success has an empty body (§2.2), which is no JSON.
        await token.revoke(kind, { ...options, json: false } as never);
      } catch (error) {
        throw error instanceof ProviderError ? error : toProviderError(error, secrets, clock());
      } finally {
        options.agent.destroy();
      }
    },
  };
}
