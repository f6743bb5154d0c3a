import type { Metrics } from '../domain/metrics.js';
import { ProviderError } from '../domain/provider/provider-error.js';
import type { TokenEndpoint } from '../domain/provider/token-endpoint.js';

/** Wraps a token endpoint to count and time its requests. */
export const measuredEndpoint = (endpoint: TokenEndpoint, metrics: Metrics): TokenEndpoint => ({
  async post(request) {
    const began = performance.now();
    let outcome = 'failed';
    try {
      const answer = await endpoint.post(request);
      outcome = 'ok';
      return answer;
    } catch (error) {
      if (error instanceof ProviderError) outcome = error.failure.outcome;
      throw error;
    } finally {
      metrics.tokenRequest(new URL(request.url).host, outcome, (performance.now() - began) / 1000);
    }
  },
});
