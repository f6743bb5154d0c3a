import { isKeyFault, ProviderError } from '../domain/provider/provider-error.js';
import type { ClientProof } from './client-proof.js';

/**
 * Sends a request with each proof of the client's identity in turn, until the provider accepts the client.
 * @param proofs as `clientProofs` returns them
 * @throws ProviderError of the first proof that this machine could not make, which the provider might have accepted; if
 *   there is none, of the last proof that the provider rejected
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
