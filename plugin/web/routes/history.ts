import type { HistoryQuery } from '../../domain/token/event-store.js';
import { SidecarError } from '../../errors.js';
import type { WebDeps } from '../deps.js';
import type { Parameters } from '../parameters.js';
import { OUTCOME_NAMES, presentEvent, WHAT_NAMES } from '../presenters/event.js';
import { presentPages } from '../presenters/pages.js';
import type { ScreenCall } from '../screen-call.js';
import { screenUrl } from '../screen-url.js';

const PAGE_SIZE = 50;

/** Unknown values are ignored. */
function readQuery(parameters: Parameters): HistoryQuery {
  const choice = <T extends string>(name: string, known: Record<T, unknown>): T | undefined => {
    const value = parameters.one(name) ?? '';
    return Object.hasOwn(known, value) ? (value as T) : undefined;
  };
  const what = choice('What', WHAT_NAMES);
  const outcome = choice('Outcome', OUTCOME_NAMES);
  const page = Number.parseInt(parameters.one('Page') ?? '1', 10) || 1;
  return {
    ...(parameters.one('ID') === undefined ? {} : { configId: parameters.id('ID') }),
    ...(what ? { what } : {}),
    ...(outcome ? { outcome } : {}),
    page: Math.max(1, Math.min(100_000, page)),
    pageSize: PAGE_SIZE,
  };
}

/** The current name, or the last one of a deleted configuration. */
async function nameOf(deps: WebDeps, configId: number): Promise<string> {
  const config = await deps.tokenConfigs.byId(configId);
  const name = config?.name ?? (await deps.events.lastName(configId));
  if (name === null) throw new SidecarError('unknown-token-config');
  return name;
}

/** Shows the history of one configuration and its token, or of all (without ID). */
export async function showHistory({ deps, reader, parameters, showPage }: ScreenCall): Promise<void> {
  const { t } = reader;
  const query = readQuery(parameters);
  const { configId, what, outcome, page } = query;
  const name = configId === undefined ? null : await nameOf(deps, configId);
  const { events, total } = await deps.events.history(query);
  const options = (names: Record<string, string>, chosen: string | undefined) =>
    Object.entries(names).map(([value, text]) => ({ value, name: t(text), selected: value === chosen }));
  const url = (number: number) =>
    screenUrl('History', { ID: configId, What: what, Outcome: outcome, Page: number > 1 ? number : '' });
  await showPage({
    title: 'History',
    template: 'history',
    data: {
      here: name === null ? t('History') : `${t('History')}: ${name}`,
      configId,
      name,
      events: events.map((event) => presentEvent(event, reader)),
      total,
      whats: options(WHAT_NAMES, what),
      outcomes: options(OUTCOME_NAMES, outcome),
      filtered: Boolean(what || outcome),
      pages: presentPages(page, total, PAGE_SIZE, url),
    },
  });
}
