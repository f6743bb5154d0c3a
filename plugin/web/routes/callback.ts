import { SidecarError } from '../../errors.js';
import { phrase } from '../../lib/phrase.js';
import { completeAuthorization } from '../../usecases/complete-authorization.js';
import type { WebDeps } from '../deps.js';
import { overviewWith } from '../notices.js';
import { type SidecarContext, seeOther } from '../respond.js';

/**
 * Where the provider sends the browser back to (RFC 6749 §4.1.2). Afterwards the browser is led to the overview, so
 * that no code stays in its address line.
 */
export async function receiveAuthorization(ctx: SidecarContext, deps: WebDeps): Promise<void> {
  if (ctx.method !== 'GET') {
    ctx.set('Allow', 'GET');
    throw new SidecarError('method-not-allowed');
  }
  const { parameters, agent } = ctx.state;
  if (!agent)
    throw new SidecarError('not-signed-in', {
      detail: phrase('Nothing was stored. Log in, then request a new token.'),
    });
  if (agent.permission !== 'rw') throw new SidecarError('no-permission');
  const { incomplete } = await completeAuthorization(deps, { parameters, agent });
  seeOther(ctx, overviewWith(incomplete ? 'incomplete' : 'received'));
}
