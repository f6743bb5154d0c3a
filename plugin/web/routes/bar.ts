import { tokenProblems } from '../../usecases/token-problems.js';
import { languageTag } from '../locale.js';
import { presentFetching } from '../presenters/fetching.js';
import { presentState } from '../presenters/token-config-row.js';
import type { ScreenCall } from '../screen-call.js';

/** How many boxes are open; the others unfold. */
const OPEN = 3;

/** The page's own script shows it if the sidecar does not answer, when it cannot request a translation. */
export const AWAY =
  'The OAuth2 sidecar does not respond: tokens are not renewed before they expire, and its screens do not work. Start it again, for example with: systemctl start znuny-oauth2';

const BOXES = { error: 'Error', warning: 'Warning', info: 'Notice', ok: 'Notice' } as const;

/** The bar below the menu as a fragment; 204 if all is well, which one query says for any number of configurations. */
export async function showBar({ ctx, deps, reader }: ScreenCall): Promise<void> {
  ctx.set('X-OAuth2-Sidecar-Away', encodeURIComponent(reader.t(AWAY)));
  ctx.set('Content-Language', languageTag(reader.language));
  await deps.catchUp();
  const { problems, more } = await tokenProblems(deps);
  const now = deps.clock();
  const fetching = presentFetching(deps.fetching(), now, reader);
  if (problems.length === 0 && fetching === null) {
    ctx.status = 204;
    return;
  }
  const boxes = problems.map(({ row, state }) => ({
    configId: row.config.id,
    name: row.config.name,
    box: BOXES[state.severity],
    ...presentState(state, now, reader),
  }));
  ctx.type = 'text/html; charset=utf-8';
  ctx.body = deps.render(
    'pages/bar',
    {
      fetching,
      open: boxes.slice(0, OPEN),
      folded: boxes.slice(OPEN),
      more,
      hidden: boxes.length - OPEN + more,
    },
    reader,
  );
}
