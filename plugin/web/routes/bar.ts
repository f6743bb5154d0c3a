import { tokenProblems } from '../../usecases/token-problems.js';
import type { WebDeps } from '../deps.js';
import type { SidecarContext } from '../respond.js';

export const TEXTS = {
  'expired-token': 'OAuth2 token for "%s" has expired. Open the administration of OAuth2 tokens.',
  'expired-refresh-token':
    'OAuth2 refresh token for "%s" has expired or is no longer accepted. Request a new token in the administration of OAuth2 tokens.',
} as const;

/** The bar below the menu as a fragment; 204 where all is well. One query whatever the number of configurations. */
export async function showBar(ctx: SidecarContext, deps: WebDeps): Promise<void> {
  const { agent } = ctx.state;
  if (!agent) return;
  const { shown, more } = await tokenProblems(deps);
  if (shown.length === 0) {
    ctx.status = 204;
    return;
  }
  const problems = shown.map(({ configId, name, kind }) => ({
    configId,
    text: deps.translate(agent.language, TEXTS[kind], name),
  }));
  ctx.type = 'text/html; charset=utf-8';
  ctx.body = deps.render('pages/bar', { problems, more }, agent);
}
