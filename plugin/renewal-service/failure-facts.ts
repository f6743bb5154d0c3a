import { isPassing, ProviderError } from '../domain/provider/provider-error.js';
import { codeOf, SidecarError } from '../errors.js';

/** A failure as the catalogue and the history name it. */
export function failureFacts(error: unknown): Record<string, unknown> {
  const code = codeOf(error);
  if (!(error instanceof SidecarError)) return { code, fault: 'unexpected failure' };
  const { cause } = error;
  if (!(cause instanceof ProviderError)) return { code, fault: error.log };
  return { code, fault: error.log, outcome: cause.failure.outcome, error: cause.failure.error };
}

/** Is it a temporary fault of the provider? */
export function isPassingFault(error: unknown): boolean {
  const cause = error instanceof SidecarError ? error.cause : error;
  return cause instanceof ProviderError && isPassing(cause.failure.outcome);
}
