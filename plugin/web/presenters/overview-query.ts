import type { ListQuery, OverviewFacets } from '../../domain/token/overview.js';
import { STATE_KINDS, type StateKind } from '../../domain/token/token-state.js';
import { formatNumber } from '../locale.js';
import type { Parameters } from '../parameters.js';
import type { Reader } from '../reader.js';
import { screenUrl } from '../screen-url.js';

export const PAGE_SIZE = 25;

/** The states that the overview offers as a filter, most urgent first. */
export const STATE_NAMES: Record<Exclude<StateKind, 'renewing'>, string> = {
  'mail-stopped': 'Mail has stopped',
  'consent-needed': 'Consent needed',
  'client-rejected': 'App rejected',
  'request-refused': 'Request rejected',
  'scope-missing': 'Permission missing',
  expired: 'Expired',
  'mail-failing': 'Mail is failing',
  overdue: 'Renewal overdue',
  'provider-unavailable': 'Provider unavailable',
  'not-renewable': 'Cannot be renewed',
  'secret-ends': 'Client secret or certificate expires soon',
  'other-mailbox': 'Token of another user',
  'never-requested': 'No token yet',
  valid: 'Valid',
  'switched-off': 'Switched off',
};

export const SORT_NAMES = {
  urgency: 'Urgency',
  name: 'Name',
  expiry: 'Token expiry',
  renewal: 'Last renewal',
} as const satisfies Record<NonNullable<ListQuery['sort']>, string>;

/** What is broken comes first. */
const USUAL_SORT = 'urgency' satisfies ListQuery['sort'];

/** Value of the parameter Order. */
const DOWN = 'Down';

const isOneOf = <T extends string>(value: string, known: readonly T[]): value is T =>
  (known as readonly string[]).includes(value);

/** Characters that no host of an endpoint contains. */
const CHARACTERS = /[^a-z0-9.:[\]-]/i;

/** Reads the parameters of the overview; unknown values are ignored. */
export function readOverviewQuery(parameters: Parameters): ListQuery {
  const text = (name: string) => (parameters.one(name) ?? '').trim().slice(0, 250);
  const [search, state, provider, sort] = ['Search', 'State', 'Provider', 'Sort'].map(text) as [
    string,
    string,
    string,
    string,
  ];
  const page = Number.parseInt(text('Page') || '1', 10) || 1;
  return {
    ...(search ? { search } : {}),
    ...(isOneOf(state, ['attention' as const, ...STATE_KINDS]) ? { state } : {}),
    ...(provider && !CHARACTERS.test(provider) ? { provider } : {}),
    sort: isOneOf(sort, Object.keys(SORT_NAMES) as (keyof typeof SORT_NAMES)[]) ? sort : USUAL_SORT,
    ...(text('Order') === DOWN ? { descending: true } : {}),
    page: Math.max(1, Math.min(100_000, page)),
    pageSize: PAGE_SIZE,
  };
}

/** The URL of the list with changes, on its first page unless the page itself changes. */
export const overviewUrl = (query: ListQuery, changes: Partial<ListQuery>): string => {
  const { search, state, provider, sort, descending, page } = { ...query, page: 1, ...changes };
  return screenUrl('', {
    Search: search,
    State: state,
    Provider: provider,
    Sort: sort === USUAL_SORT ? '' : sort,
    Order: descending ? DOWN : '',
    Page: page > 1 ? page : '',
  });
};

/** The list's controls: the choices, and what is chosen. */
export function presentControls(query: ListQuery, facets: OverviewFacets, { language, t }: Reader) {
  const states = (Object.keys(STATE_NAMES) as (keyof typeof STATE_NAMES)[])
    .map((kind) => ({ value: kind, count: facets.states[kind] ?? 0, name: t(STATE_NAMES[kind]) }))
    .filter(({ value, count }) => count > 0 || value === query.state);
  const sort = query.sort ?? USUAL_SORT;
  const providers = [...new Set([...facets.providers, ...(query.provider ? [query.provider] : [])])]
    .filter((host) => !CHARACTERS.test(host))
    .map((host) => ({ value: host, name: host, selected: host === query.provider }));
  return {
    search: query.search ?? '',
    states: [{ value: 'attention', count: facets.attention, name: t('Needs attention') }, ...states].map(
      ({ value, count, name }) => ({
        value,
        name: `${name} (${formatNumber(count, language)})`,
        selected: value === query.state,
      }),
    ),
    providers,
    sorts: Object.entries(SORT_NAMES).map(([value, name]) => ({
      value,
      name: t(name),
      selected: value === sort,
    })),
    descending: query.descending ?? false,
    filtered: Boolean(query.search || query.state || query.provider),
    attention: facets.attention,
    attentionUrl: overviewUrl(query, { state: 'attention', sort: 'urgency' }),
    everythingUrl: screenUrl(''),
    columns: Object.fromEntries(
      (['name', 'urgency', 'expiry'] as const).map((by) => {
        const chosen = by === sort;
        const down = chosen && !query.descending;
        return [
          by,
          {
            url: overviewUrl(query, { sort: by, descending: down }),
            ariaSort: chosen ? (query.descending ? 'descending' : 'ascending') : 'none',
            chosen,
            up: chosen && !query.descending,
          },
        ];
      }),
    ),
  };
}
