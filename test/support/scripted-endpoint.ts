import type { TokenEndpoint, TokenRequest } from '../../plugin/domain/provider/token-endpoint.js';

/** A token endpoint with scripted answers: each request takes the next one; the last one repeats. */
export class ScriptedEndpoint implements TokenEndpoint {
  readonly requests: TokenRequest[] = [];
  private readonly script: (() => Promise<Record<string, unknown>> | Record<string, unknown>)[];
  constructor(...script: (() => Promise<Record<string, unknown>> | Record<string, unknown>)[]) {
    this.script = script;
  }
  async post(request: TokenRequest): Promise<Record<string, unknown>> {
    request.sending?.check();
    const answer = this.script[Math.min(this.requests.length, this.script.length - 1)];
    this.requests.push(request);
    if (!answer) throw new Error('The script has no answer');
    return await answer();
  }
}
