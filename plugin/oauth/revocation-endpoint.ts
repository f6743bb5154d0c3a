import { AuthorizationCode } from 'simple-oauth2';
import type { RevocationEndpoint } from '../domain/provider/revocation.js';
import { type ClientProof, clientProofs } from './client-proof.js';
import { firstAccepted } from './first-accepted.js';
import { request, type TokenEndpointDeps } from './token-endpoint.js';

/**
 * The library's revocation sends two parameters of the client and no others. An assertion has two as well; the client ID
 * is in it (RFC 7521 §4.2).
 */
function asClient({ client, parameters }: ClientProof): ClientProof['client'] {
  const { client_assertion_type: id, client_assertion: secret } = parameters;
  if (id === undefined || secret === undefined) return client;
  return { idParamName: 'client_assertion_type', id, secretParamName: 'client_assertion', secret };
}

/** Sends revocation requests (RFC 7009) through simple-oauth2, with each proof of the client's identity as for tokens. */
export function createRevocationEndpoint(deps: TokenEndpointDeps): RevocationEndpoint {
  return {
    async revoke(asked) {
      const { url, parameters, secrets } = asked;
      const target = new URL(url);
      const kind = parameters.token_type_hint === 'access_token' ? 'access_token' : 'refresh_token';
      const sendOnce = (proof: ClientProof) =>
        request(deps, {
          url: target,
          secrets: [...secrets, ...proof.secrets],
          send: async (options: object) => {
            const flow = new AuthorizationCode({
              client: asClient(proof),
              auth: { tokenHost: target.origin, revokePath: target.pathname + target.search },
              options: { authorizationMethod: 'body', bodyFormat: 'form' },
            });
            const token = flow.createToken({ [kind]: parameters.token });
            // A success has an empty body (§2.2), which is not JSON.
            await token.revoke(kind, { ...options, json: false } as never);
          },
        });
      await firstAccepted(clientProofs(asked, deps), sendOnce);
    },
  };
}
