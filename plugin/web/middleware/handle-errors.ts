import { randomBytes } from 'node:crypto';
import type { Middleware } from 'koa';
import { SidecarError } from '../../errors.js';
import type { PageDeps } from '../deps.js';
import { respondWithError } from '../respond.js';
import type { SidecarState } from '../state.js';

/**
 * Gives each request an ID, logs its end, and turns every failure into a page with the right status. The log
 * line contains only Action and Subaction, because a query string may contain a code or a state.
 */
export const handleErrors =
  (deps: PageDeps): Middleware<SidecarState> =>
  async (ctx, next) => {
    ctx.state.requestId = randomBytes(6).toString('hex');
    const started = performance.now();
    let failure: SidecarError | undefined;
    try {
      await next();
    } catch (error) {
      failure = error instanceof SidecarError ? error : new SidecarError('internal', { cause: error });
      if (failure.code === 'internal') {
        deps.log.error({ requestId: ctx.state.requestId, ...describe(error) }, 'Unexpected failure');
      }
      await respondWithError(ctx, deps, failure);
    }
    const elapsed = performance.now() - started;
    deps.metrics?.request(ctx.status, elapsed / 1000);
    const facts = {
      requestId: ctx.state.requestId,
      method: ctx.method,
      path: ctx.path.slice(0, 200),
      screen: ctx.state.parameters?.every('Subaction')[0]?.slice(0, 40),
      status: ctx.status,
      ms: Math.round(elapsed),
      userId: ctx.state.agent?.userId,
      ...(failure ? { code: failure.code, fault: failure.log } : {}),
    };
    if (failure && failure.status >= 500) deps.log.error(facts, 'request failed');
    else deps.log.info(facts, 'request');
  };

/** Class and stack frames of an unexpected error, without its message, which may quote the data at hand. */
function describe(error: unknown): Record<string, unknown> {
  if (!(error instanceof Error)) return { type: typeof error };
  const frames = error.stack?.split('\n').filter((line) => line.trimStart().startsWith('at ')) ?? [];
  return { type: error.name, at: frames.slice(0, 6).map((line) => line.trim()) };
}
