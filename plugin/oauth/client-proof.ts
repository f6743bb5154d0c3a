import type { Clock } from '../domain/clock.js';
import type { ClientKeys } from '../domain/provider/client-keys.js';
import { ProviderError } from '../domain/provider/provider-error.js';
import type { ServiceAccountKeys } from '../domain/provider/service-account-keys.js';
import type { TokenRequest } from '../domain/provider/token-endpoint.js';
import { ASSERTION_TYPE } from './client-assertion.js';

/** How one request proves the client's identity to a token endpoint. */
export interface ClientProof {
  /** For simple-oauth2. */
  client: ReturnType<typeof clientOf>;
  /** Further parameters of the body. */
  parameters: Record<string, string>;
  /** Values to leave out of every error. */
  secrets: string[];
}

/**
 * The library always sends two parameters of the client, even if they are empty, and accepts only printable
 * ASCII. If the document sends neither ID nor secret, both are set to grant_type, which is sent anyway.
 */
function clientOf({ client, parameters }: Pick<TokenRequest, 'client' | 'parameters'>) {
  const standIn = { name: 'grant_type', value: parameters.grant_type ?? 'authorization_code' };
  const id = client.id === '' ? standIn : { name: client.idParameter, value: client.id };
  const secret = client.secret === '' ? standIn : { name: client.secretParameter, value: client.secret };
  for (const { value } of [id, secret]) {
    if (/^[\x20-\x7e]*$/.test(value)) continue;
    throw new ProviderError({
      outcome: 'refused',
      error: 'invalid_request',
      description: 'Client ID and client secret must be printable ASCII (RFC 6749 appendix A).',
    });
  }
  return { id: id.value, secret: secret.value, idParamName: id.name, secretParamName: secret.name };
}

/**
 * The ways in which a client proves its identity, in the order in which they are tried: its certificates
 * (private_key_jwt), then its secret in the body, as the helpdesk sends it. A service account has one way: the assertion
 * that is its grant.
 */
export function clientProofs(
  { url, audience = url, client, parameters }: TokenRequest,
  {
    keys,
    serviceAccountKeys,
    clock,
  }: {
    keys?: Pick<ClientKeys, 'sign'>;
    serviceAccountKeys?: Pick<ServiceAccountKeys, 'sign'>;
    clock: Clock;
  },
): (() => Promise<ClientProof>)[] {
  const { certificates = [], serviceAccount, ...own } = client;
  if (serviceAccount) {
    const { key, ...facts } = serviceAccount;
    const byAssertion = async (): Promise<ClientProof> => {
      if (!serviceAccountKeys) throw new Error('No keys for service accounts');
      const assertion = await serviceAccountKeys.sign(key, { ...facts, audience, now: clock() });
      return {
        client: clientOf({ client: { ...own, id: '', secret: '' }, parameters }),
        parameters: { assertion },
        secrets: [assertion],
      };
    };
    return [byAssertion];
  }
  const byKey = (thumbprint: string) => async (): Promise<ClientProof> => {
    if (!keys) throw new Error('No keys for certificates');
    const assertion = await keys.sign(thumbprint, { clientId: own.id, audience, now: clock() });
    return {
      client: clientOf({ client: { ...own, secret: '' }, parameters }),
      parameters: { client_assertion_type: ASSERTION_TYPE, client_assertion: assertion },
      secrets: [assertion],
    };
  };
  const bySecret = async (): Promise<ClientProof> => ({
    client: clientOf({ client: own, parameters }),
    parameters: {},
    secrets: [],
  });
  const isNeeded = own.secret !== '' || certificates.length === 0;
  return [...certificates.map(byKey), ...(isNeeded ? [bySecret] : [])];
}
