import type { WebDeps } from '../deps.js';
import { readNotice } from '../notices.js';
import { NO_USAGE, presentRow } from '../presenters/token-config-row.js';
import { respondWithPage, type SidecarContext } from '../respond.js';
import { siteWarnings } from '../site-warnings.js';

const PAGE_SIZE = 25;

/** The overview: one page of configurations with their tokens, searched and paged by the database. */
export async function showOverview(ctx: SidecarContext, deps: WebDeps): Promise<void> {
  const { parameters, agent } = ctx.state;
  if (!agent) return;
  const search = (parameters.one('Search') ?? '').trim().slice(0, 250);
  const page = Math.max(1, Math.min(100_000, Number.parseInt(parameters.one('Page') ?? '1', 10) || 1));
  const { rows, total } = await deps.tokenConfigs.list({ search, page, pageSize: PAGE_SIZE });
  const usages = await deps.usages.of(rows.map(({ config }) => config));
  const pages = Math.max(1, Math.ceil(total / PAGE_SIZE));
  const mayChange = agent.permission === 'rw';
  const warnings = await siteWarnings(ctx, deps);
  const notice = readNotice(parameters, agent.language, deps.translate);
  await respondWithPage(ctx, deps, {
    title: 'OAuth2 token configurations',
    template: 'overview',
    messages: notice ? [notice, ...warnings] : warnings,
    data: {
      rows: rows.map((row) =>
        presentRow(row, usages.get(row.config.id) ?? NO_USAGE, deps.clock(), agent, deps.translate),
      ),
      total,
      search,
      page,
      pages,
      severalPages: pages > 1,
      previous: page > 1 ? Math.min(page - 1, pages) : undefined,
      next: page < pages ? page + 1 : undefined,
      templates: mayChange ? await deps.templates.list() : [],
      mayChange,
    },
  });
}
