import { isUsed, NO_USAGE } from '../../domain/mailbox/usage.js';
import { policyOf } from '../../domain/token/renewal.js';
import { tokenState } from '../../domain/token/token-state.js';
import { channelWarnings } from '../alert-warnings.js';
import { readNotice } from '../notices.js';
import { passwordWarnings } from '../password-warnings.js';
import { presentFetching } from '../presenters/fetching.js';
import { overviewUrl, PAGE_SIZE, presentControls, readOverviewQuery } from '../presenters/overview-query.js';
import { presentPages } from '../presenters/pages.js';
import { NOBODY_KNOWN, presentDrift, presentIdentity } from '../presenters/remarks.js';
import { presentRow } from '../presenters/token-config-row.js';
import type { MessageBox } from '../respond.js';
import type { ScreenCall } from '../screen-call.js';
import { siteWarnings } from '../site-warnings.js';
import { showFirstRun } from './connect.js';

/**
 * The overview: one page of configurations with their tokens; the database searches, filters, sorts and
 * pages.
 */
export async function showOverview(call: ScreenCall): Promise<void> {
  const { deps, agent, reader, parameters, settings } = call;
  const mayChange = agent.permission === 'rw';
  const reach = mayChange ? 'everything' : 'shown';
  const query = { ...readOverviewQuery(parameters), reach } as const;
  await deps.catchUp();
  const [{ rows, total }, facets, passwords] = await Promise.all([
    deps.overview.list(query),
    deps.overview.facets(),
    mayChange ? passwordWarnings(call) : [],
  ]);
  const controls = presentControls(query, facets, reader);
  const now = deps.clock();
  const notice = readNotice(parameters, reader);
  const fetching = presentFetching(deps.fetching(), now, reader);
  const messages: MessageBox[] = [
    ...(notice ? [notice] : []),
    ...(fetching ? [{ kind: 'Error' as const, text: fetching.sentence }] : []),
    ...passwords,
  ];
  if (total === 0 && !controls.filtered && mayChange) return showFirstRun(call, messages);
  const configs = rows.map(({ config }) => config);
  const [usages, identities, templates, site, channels] = await Promise.all([
    deps.usages.of(configs),
    deps.identities.of(configs.map(({ id }) => id)),
    deps.templates.list(),
    siteWarnings(call),
    mayChange ? channelWarnings(call) : [],
  ]);
  const accounts = [...usages.values()].flatMap(({ mailAccounts }) => mailAccounts.map(({ id }) => id));
  const fetches = await deps.mailFetches.of(accounts);
  const policy = policyOf(settings);
  await call.showPage({
    title: 'OAuth2 token configurations',
    template: 'overview',
    messages: [...messages, ...site, ...channels],
    data: {
      rows: rows.map((row) => {
        const usage = usages.get(row.config.id) ?? NO_USAGE;
        const state = tokenState({ ...row, used: isUsed(usage) }, now, policy);
        const identity = presentIdentity(identities.get(row.config.id) ?? NOBODY_KNOWN, usage, reader);
        const drift = presentDrift(row.config, templates);
        return {
          ...presentRow({ row, state, usage, fetches }, now, reader),
          identity,
          drift,
          remarks: identity.mismatches.length + (drift ? 1 : 0),
        };
      }),
      total,
      controls,
      pages: presentPages(query.page, total, PAGE_SIZE, (page) => overviewUrl(query, { page })),
      mayChange,
    },
  });
}
