import { tenantOf, withTenant } from './microsoft-tenant.js';
import type { ProviderTemplate } from './provider-template.js';
import { scopeList } from './scopes.js';
import {
  REQUEST_KINDS,
  type RequestDefinition,
  type RequestKind,
  type TokenConfigDocument,
} from './token-config.js';

/** A key of the current template that a configuration lacks. */
export interface Missing {
  /** Its place in the document: `Requests.AuthorizationCode.Request.Parameters.prompt`. */
  path: string[];
  value: string;
  /** It changes what the owner of the mailbox consents to: it has no effect without a new consent. */
  needsConsent: boolean;
}

type Values = Record<string, unknown>;
const MAPS = [
  ['Request', 'Parameters'],
  ['Request', 'AutofilledParametersMapping'],
  ['Response', 'ParametersMapping'],
] as const;

const mapOf = (request: RequestDefinition | undefined, [part, key]: (typeof MAPS)[number]): Values => {
  const found = (request?.[part] as Values | undefined)?.[key];
  return typeof found === 'object' && found !== null ? (found as Values) : {};
};

/** If another parameter carries the same variable, the admin has chosen another name for it. */
const isThere = (own: Values, name: string, value: unknown, fixed: boolean): boolean =>
  Object.hasOwn(own, name) || (!fixed && Object.values(own).includes(value));

function missingOf(
  document: TokenConfigDocument,
  template: TokenConfigDocument,
  kind: RequestKind,
): Missing[] {
  const own = document.Requests?.[kind];
  const todays = template.Requests?.[kind];
  const needsConsent = kind === 'AuthorizationCode';
  const url = todays?.Request?.URL;
  const endpoint: Missing[] =
    url && !own?.Request?.URL
      ? [{ path: ['Requests', kind, 'Request', 'URL'], value: url, needsConsent }]
      : [];
  const values = MAPS.flatMap((map) =>
    Object.entries(mapOf(todays, map))
      .filter(([name, value]) => !isThere(mapOf(own, map), name, value, map[1] === 'Parameters'))
      .map(([name, value]) => ({
        path: ['Requests', kind, ...map, name],
        value: String(value),
        // Mapping the answer requests nothing from the owner.
        needsConsent: needsConsent && map[0] === 'Request',
      })),
  );
  return [...endpoint, ...values];
}

const OFFLINE = 'offline_access';

/**
 * What a configuration lacks compared with the current template, key by key. Existing values are not
 * compared, because they are the admin's choice. Of the scopes, only offline_access counts, without which no
 * mailbox works for long: the admin chooses the protocols, and the form offers the other scopes.
 */
export function missingFrom(document: TokenConfigDocument, template: TokenConfigDocument): Missing[] {
  const scopes = scopeList(String(document.Scope ?? ''));
  const lacksOffline = scopeList(String(template.Scope ?? '')).includes(OFFLINE) && !scopes.includes(OFFLINE);
  return [
    ...(lacksOffline ? [{ path: ['Scope'], value: OFFLINE, needsConsent: true }] : []),
    ...REQUEST_KINDS.flatMap((kind) => missingOf(document, template, kind)),
  ];
}

/** The document with what it lacks, and otherwise unchanged. */
export function addMissing(document: TokenConfigDocument, missing: Missing[]): TokenConfigDocument {
  const next = structuredClone(document);
  for (const { path, value } of missing) {
    if (path[0] === 'Scope') {
      next.Scope = [...scopeList(String(next.Scope ?? '')), value].join(' ');
      continue;
    }
    let place = next as Values;
    for (const key of path.slice(0, -1)) {
      if (typeof place[key] !== 'object' || place[key] === null) place[key] = {};
      place = place[key] as Values;
    }
    place[path.at(-1) as string] = value;
  }
  return next;
}

const authorizationUrl = (document: TokenConfigDocument) =>
  String(document.Requests?.AuthorizationCode?.Request?.URL ?? '');

/**
 * The current template of a configuration: the one named by its TemplateName. If that is unknown or the
 * helpdesk's own, the sidecar's or the site's template with the same endpoint in any tenant. The endpoints of
 * the result are those of the configuration's tenant.
 */
export function templateOf(
  document: TokenConfigDocument,
  templates: readonly ProviderTemplate[],
): ProviderTemplate | undefined {
  // Templates with discovery do not count: each discovered provider supports something else.
  const known = templates.filter(({ own, discovery }) => own && !discovery);
  const named = known.find(({ name }) => name === document.TemplateName);
  const url = authorizationUrl(document);
  const tenant = tenantOf(url);
  const shared = (address: string) => (tenantOf(address) ? withTenant(address, 'common') : address);
  const found =
    named ?? known.find((one) => url !== '' && shared(authorizationUrl(one.document)) === shared(url));
  if (!found || tenant === undefined) return found;
  const moved = structuredClone(found);
  for (const kind of REQUEST_KINDS) {
    const request = moved.document.Requests?.[kind]?.Request;
    if (request?.URL) request.URL = withTenant(request.URL, tenant);
  }
  return moved;
}
