import { createLocalJWKSet, decodeJwt, type JSONWebKeySet, type JWTPayload, jwtVerify } from 'jose';
import type Provider from 'oidc-provider';
import { errors } from 'oidc-provider';
import { CREDENTIALS } from '../instance.js';
import { MapAdapter } from './store.js';

export const JWT_BEARER = 'urn:ietf:params:oauth:grant-type:jwt-bearer';

/** A service account as tests register it; without `scopes` nobody has delegated anything to it. */
export interface ServiceAccountClient {
  /** The account's e-mail address, `iss` of its assertions. */
  client_id: string;
  jwks: JSONWebKeySet;
  /** What the administrator of the domain allows, separated by spaces. */
  scopes?: string;
}

const accounts = new MapAdapter('ServiceAccount');

/** Registers a service account, or registers it anew. */
export async function registerServiceAccount({ client_id, ...account }: ServiceAccountClient): Promise<void> {
  await accounts.upsert(client_id, { ...account });
  await new MapAdapter('Client').upsert(client_id, {
    client_id,
    redirect_uris: [],
    response_types: [],
    grant_types: [JWT_BEARER],
    // The assertion is the grant and proves the client's identity as well.
    token_endpoint_auth_method: 'none',
  });
}

/** The client that signed an assertion, which Google's request does not name otherwise; '' if it names none. */
export function issuerOf(assertion: string): string {
  try {
    return decodeJwt(assertion).iss ?? '';
  } catch {
    return '';
  }
}

const refusal = (error: string, description: string) =>
  new errors.CustomOIDCProviderError(error, description);

/** Words of developers.google.com/identity/protocols/oauth2/service-account, "JWT error codes", read on 2026-11-29. */
const REFUSALS = {
  time: () =>
    refusal(
      'invalid_grant',
      'Invalid JWT: Token must be a short-lived token (60 minutes) and in a reasonable timeframe. Check your iat and exp values in the JWT claim.',
    ),
  signature: () => refusal('invalid_grant', 'Invalid JWT Signature.'),
  subject: () => refusal('invalid_grant', 'Invalid email or User ID'),
  delegation: () =>
    refusal(
      'unauthorized_client',
      'Client is unauthorized to retrieve access tokens using this method, or client not authorized for any of the scopes requested.',
    ),
};

/** Signature, issuer, audience and times; a life of more than an hour, or a time to come, is refused as Google does. */
async function verified(assertion: string, issuer: string, audience: string, jwks: JSONWebKeySet) {
  let payload: JWTPayload;
  try {
    const options = { algorithms: ['RS256'], issuer, audience };
    ({ payload } = await jwtVerify(assertion, createLocalJWKSet(jwks), options));
  } catch (error) {
    throw (error as { code?: string }).code === 'ERR_JWT_EXPIRED' ? REFUSALS.time() : REFUSALS.signature();
  }
  const { iat = Number.POSITIVE_INFINITY, exp = Number.POSITIVE_INFINITY } = payload;
  if (iat > Date.now() / 1000 || exp - iat > 3600) throw REFUSALS.time();
  return payload;
}

/**
 * Adds Google's grant for service accounts (RFC 7523 §2.1): an assertion for one user of the domain gets a token of that
 * user, if the domain has delegated the scope to the account. The audience is the token endpoint.
 */
export function addJwtBearer(provider: Provider, audience: string): void {
  provider.registerGrantType<{ assertion?: string }>(
    JWT_BEARER,
    async (ctx) => {
      const { client, params } = ctx.oidc;
      const account = (await accounts.find(client.clientId)) as unknown as ServiceAccountClient | undefined;
      if (!account) throw refusal('invalid_client', 'The OAuth client was not found.');
      const assertion = params.assertion ?? '';
      const { sub = '', scope } = await verified(assertion, client.clientId, audience, account.jwks);
      const users: readonly string[] = CREDENTIALS.mailboxes;
      if (!users.includes(sub)) throw REFUSALS.subject();
      const delegated = (account.scopes ?? '').split(' ');
      if (
        !String(scope)
          .split(' ')
          .every((one) => delegated.includes(one))
      )
        throw REFUSALS.delegation();
      const token = new provider.AccessToken({ client, accountId: sub, scope: String(scope) } as never);
      ctx.oidc.entity('AccessToken', token);
      ctx.body = { access_token: await token.save(), expires_in: token.expiration, token_type: 'Bearer' };
    },
    ['assertion'],
  );
}
