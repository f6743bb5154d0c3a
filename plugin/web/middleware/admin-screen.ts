import type { Middleware } from 'koa';
import { COMMON } from '../../domain/product/records.js';
import { SidecarError } from '../../errors.js';
import type { WebDeps } from '../deps.js';
import { isFragment } from '../fragments.js';
import { type SidecarContext, seeOther } from '../respond.js';
import { screenCall } from '../screen-call.js';
import { SCREENS } from '../screens.js';
import type { SidecarState } from '../state.js';

const ACTION = COMMON.screens.action;

/** The form that a POST came from, whose script fills in again what was typed; '' for any other POST. */
function formBehind({ parameters }: SidecarState): string {
  if (parameters.one('Subaction') !== 'SaveTokenConfig') return '';
  const [id, template] = [parameters.one('ID'), parameters.one('TokenConfigTemplateFilename')];
  if (id && /^\d{1,9}$/.test(id)) return `;Subaction=EditTokenConfig;ID=${id};Resume=1`;
  if (!template) return '';
  const filename = encodeURIComponent(template);
  return `;Subaction=AddTokenConfigByTemplateFile;TokenConfigTemplateFilename=${filename};ByHand=1;Resume=1`;
}

/**
 * The query to return to after the login; after a POST, whose data is lost with the session, the form or the
 * overview.
 */
const returnQuery = (ctx: SidecarContext) =>
  ctx.method === 'GET' ? ctx.querystring : `Action=${ACTION}${formBehind(ctx.state)}`;

/**
 * Did another website make the request (Fetch Metadata)? `none` means a typed address or a bookmark. A
 * missing header is accepted: browsers send it only over HTTPS and to loopback, and old browsers never send
 * it.
 */
const isFromAnotherSite = (ctx: SidecarContext) =>
  !['', 'same-origin', 'none'].includes(ctx.get('Sec-Fetch-Site'));

/**
 * Checks every request for a screen in this order: known Action, known agent, permission, known screen,
 * right, method, challenge token, and for secrets the website that made the request. The handler runs only
 * after all checks.
 */
export const adminScreen =
  (deps: WebDeps): Middleware<SidecarState> =>
  async (ctx) => {
    const { parameters, agent } = ctx.state;
    if (parameters.one('Action') !== ACTION)
      throw new SidecarError('unknown-subaction', { log: 'Another Action' });
    const subaction = parameters.one('Subaction') ?? '';
    if (!agent) {
      if (isFragment(subaction)) throw new SidecarError('not-signed-in');
      return seeOther(ctx, await deps.loginUrl(returnQuery(ctx)));
    }
    if (agent.permission === 'none') throw new SidecarError('no-permission');
    const screen = Object.hasOwn(SCREENS, subaction) ? SCREENS[subaction] : undefined;
    if (!screen) throw new SidecarError('unknown-subaction', { log: 'Unknown Subaction' });
    if (screen.permission === 'rw' && agent.permission !== 'rw') throw new SidecarError('no-permission');
    const changes = ctx.method === 'POST';
    const handler = changes ? screen.post : screen.get;
    if (!handler || !['GET', 'HEAD', 'POST'].includes(ctx.method)) {
      ctx.set('Allow', [screen.get && 'GET, HEAD', screen.post && 'POST'].filter(Boolean).join(', '));
      throw new SidecarError('method-not-allowed');
    }
    if (changes && !(await deps.challengeTokenMatches(agent, parameters.one('ChallengeToken')))) {
      // Another website could fill in the form, so only our own page gets it back.
      if (!screen.stale || ctx.get('Sec-Fetch-Site') !== 'same-origin')
        throw new SidecarError('challenge-token-invalid');
      return screen.stale(screenCall(ctx, deps, agent));
    }
    if (!changes && screen.sendsSecrets && isFromAnotherSite(ctx)) throw new SidecarError('opened-elsewhere');
    // A change usually ends with a redirect; all other requests need a page.
    if (!changes && !screen.noPage) ctx.state.frame = deps.frame.begin(agent, ctx.state.remoteAddress);
    await handler(screenCall(ctx, deps, agent));
  };
