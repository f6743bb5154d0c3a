import { isKeyFault, ProviderError } from '../domain/provider/provider-error.js';
import type { ClientProof } from './client-proof.js';

/**
 * Sends a request with one proof of the client's identity after the other, until the provider does not reject the client.
 * @param proofs as `clientProofs` returns them
 * @throws ProviderError of the last way that was rejected. A way that this machine cannot take comes first: that the
 *   provider rejects the others does not say that it rejects this one.
 */
export async function firstAccepted<T>(
  proofs: readonly (() => Promise<ClientProof>)[],
  send: (proof: ClientProof) => Promise<T>,
): Promise<T> {
  let unusable: unknown;
  let rejected: unknown = new Error('A client without any way to prove its identity');
  for (const prove of proofs) {
    let proof: ClientProof;
    try {
      proof = await prove();
    } catch (error) {
      if (error instanceof ProviderError && !isKeyFault(error.failure)) rejected = error;
      else unusable ??= error;
      continue;
    }
    try {
      return await send(proof);
    } catch (error) {
      // The provider has looked at the client alone and has used up no grant, unless its answer comes from a gateway.
      if (!(error instanceof ProviderError) || error.failure.outcome !== 'client-rejected') throw error;
      if (error.failure.lost) throw error;
      rejected = error;
    }
  }
  throw unusable ?? rejected;
}
