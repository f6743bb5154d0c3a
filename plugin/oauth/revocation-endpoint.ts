import { AuthorizationCode } from 'simple-oauth2';
import type { RevocationEndpoint } from '../domain/provider/revocation.js';
import { clientOf } from './client-proof.js';
import { request, type TokenEndpointDeps } from './token-endpoint.js';

/** Sends revocation requests (RFC 7009) through simple-oauth2, with the client in the body as for tokens. */
export function createRevocationEndpoint(deps: TokenEndpointDeps): RevocationEndpoint {
  return {
    async revoke({ url, parameters, client, secrets }) {
      const target = new URL(url);
      const kind = parameters.token_type_hint === 'access_token' ? 'access_token' : 'refresh_token';
      const send = async (options: object) => {
        const flow = new AuthorizationCode({
          client: clientOf({ client, parameters }),
          auth: { tokenHost: target.origin, revokePath: target.pathname + target.search },
          options: { authorizationMethod: 'body', bodyFormat: 'form' },
        });
        const token = flow.createToken({ [kind]: parameters.token });
        // A success has an empty body (§2.2), which is not JSON.
        await token.revoke(kind, { ...options, json: false } as never);
      };
      return request(deps, { url: target, secrets, send });
    },
  };
}
