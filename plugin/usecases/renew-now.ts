import { SidecarError } from '../errors.js';
import {
  type RefreshOutcome,
  type RefreshTokenDeps,
  type RefreshTokenInput,
  refreshToken,
} from './refresh-token.js';

/**
 * Renews a token for a person who waits at a screen: after the usual time-out it fails with provider-timeout,
 * while the wait continues and a late answer is still stored.
 * @throws SidecarError as refreshToken does
 */
export async function renewNow(deps: RefreshTokenDeps, input: RefreshTokenInput): Promise<RefreshOutcome> {
  let late: () => void = () => undefined;
  const tooLate = new Promise<never>((_resolve, reject) => {
    late = () =>
      reject(new SidecarError('provider-timeout', { log: 'the answer is late, and listened for further' }));
  });
  return Promise.race([refreshToken({ ...deps, late }, { ...input, force: true }), tooLate]);
}
