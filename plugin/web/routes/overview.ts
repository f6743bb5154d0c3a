import type { ProviderTemplate } from '../../domain/configuration/provider-template.js';
import { isUsed, NO_USAGE } from '../../domain/mailbox/usage.js';
import { providerOf, tokenUrl } from '../../domain/provider/provider.js';
import { policyOf } from '../../domain/token/renewal.js';
import { tokenState } from '../../domain/token/token-state.js';
import { readNotice } from '../notices.js';
import { presentFetching } from '../presenters/fetching.js';
import { overviewUrl, PAGE_SIZE, presentControls, readOverviewQuery } from '../presenters/overview-query.js';
import { presentPages } from '../presenters/pages.js';
import { NOBODY_KNOWN, presentDrift, presentIdentity } from '../presenters/remarks.js';
import { presentRow } from '../presenters/token-config-row.js';
import type { ScreenCall } from '../screen-call.js';
import { siteWarnings } from '../site-warnings.js';

/** Moves the templates of the most common providers to the front and otherwise keeps the order. */
function usualFirst(templates: readonly ProviderTemplate[]): ProviderTemplate[] {
  const isUsual = ({ document }: ProviderTemplate) => providerOf(tokenUrl(document)) !== 'other';
  return [...templates.filter(isUsual), ...templates.filter((template) => !isUsual(template))];
}

/**
 * The overview: one page of configurations with their tokens; the database searches, filters, sorts and
 * pages.
 */
export async function showOverview(call: ScreenCall): Promise<void> {
  const { deps, agent, reader, parameters, settings } = call;
  const query = readOverviewQuery(parameters);
  await deps.catchUp();
  const [{ rows, total }, facets] = await Promise.all([deps.overview.list(query), deps.overview.facets()]);
  const configs = rows.map(({ config }) => config);
  const [usages, identities, templates] = await Promise.all([
    deps.usages.of(configs),
    deps.identities.of(configs.map(({ id }) => id)),
    deps.templates.list(),
  ]);
  const accounts = [...usages.values()].flatMap(({ mailAccounts }) => mailAccounts.map(({ id }) => id));
  const fetches = await deps.mailFetches.of(accounts);
  const now = deps.clock();
  const policy = policyOf(settings);
  const mayChange = agent.permission === 'rw';
  const notice = readNotice(parameters, reader);
  const warnings = await siteWarnings(call);
  const fetching = presentFetching(deps.fetching(), now, reader);
  await call.showPage({
    title: 'OAuth2 token configurations',
    template: 'overview',
    messages: [
      ...(notice ? [notice] : []),
      ...(fetching ? [{ kind: 'Error' as const, text: fetching.sentence }] : []),
      ...warnings,
    ],
    data: {
      rows: rows.map((row) => {
        const usage = usages.get(row.config.id) ?? NO_USAGE;
        const state = tokenState({ ...row, used: isUsed(usage) }, now, policy);
        return {
          ...presentRow({ row, state, usage, fetches }, now, reader),
          identity: presentIdentity(identities.get(row.config.id) ?? NOBODY_KNOWN, usage, reader),
          drift: presentDrift(row.config, templates),
        };
      }),
      total,
      controls: presentControls(query, facets, reader),
      pages: presentPages(query.page, total, PAGE_SIZE, (page) => overviewUrl(query, { page })),
      templates: mayChange ? usualFirst(templates) : [],
      mayChange,
      mayTest: mayChange,
    },
  });
}
