import { isAdminConsentState } from '../../domain/consent/admin-consent.js';
import { SidecarError } from '../../errors.js';
import { sha256 } from '../../lib/hash.js';
import { phrase } from '../../lib/phrase.js';
import { completeAdminConsent } from '../../usecases/complete-admin-consent.js';
import { completeAuthorization } from '../../usecases/complete-authorization.js';
import type { WebDeps } from '../deps.js';
import { type SidecarContext, seeOther } from '../respond.js';
import { screenUrl } from '../screen-url.js';

/**
 * Answers the doctor, which checks that this URL leads here: returns a hash of the nonce and a value that
 * only this process knows, and the caller's address as the web server reports it.
 */
function answerDoctor(ctx: SidecarContext, { holder }: Pick<WebDeps, 'holder'>, nonce: string): void {
  if (!/^[\w-]{16,64}$/.test(nonce)) throw new SidecarError('bad-request', { log: 'No nonce of the doctor' });
  ctx.body = { mark: sha256(`${holder} ${nonce}`), address: ctx.state.remoteAddress };
}

/**
 * Receives the browser from the provider (RFC 6749 §4.1.2) and redirects it to the next steps, so that no code
 * stays in its address bar.
 */
export async function receiveAuthorization(ctx: SidecarContext, deps: WebDeps): Promise<void> {
  if (ctx.method !== 'GET') {
    ctx.set('Allow', 'GET');
    throw new SidecarError('method-not-allowed');
  }
  const { parameters, agent } = ctx.state;
  const nonce = parameters.every('Doctor')[0];
  if (nonce !== undefined) return answerDoctor(ctx, deps, nonce);
  if (!agent)
    throw new SidecarError('not-signed-in', {
      detail: phrase('Nothing was stored. Request a new token afterwards.'),
    });
  if (agent.permission !== 'rw') throw new SidecarError('no-permission');
  if (isAdminConsentState(parameters.one('state') ?? '')) {
    const { configId } = await completeAdminConsent(deps, { parameters, agent });
    return seeOther(ctx, screenUrl('NextSteps', { ID: configId, Notice: 'admin-consent' }));
  }
  const { configId, incomplete } = await completeAuthorization(deps, { parameters, agent });
  seeOther(ctx, screenUrl('NextSteps', { ID: configId, Notice: incomplete ? 'incomplete' : 'received' }));
}
