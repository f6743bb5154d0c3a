import type { TokenEndpoint } from '../domain/provider/token-endpoint.js';

/**
 * A token endpoint at which the client may prove its identity in these ways only.
 * @param certificates thumbprints
 * @param withSecret false: not by the client secret of a request
 */
export const onlyWith = (
  endpoint: TokenEndpoint,
  certificates: readonly string[],
  withSecret: boolean,
): TokenEndpoint => ({
  post: (request) => {
    const { client } = request;
    const secret = withSecret ? client.secret : '';
    return endpoint.post({ ...request, client: { ...client, secret, certificates } });
  },
});
