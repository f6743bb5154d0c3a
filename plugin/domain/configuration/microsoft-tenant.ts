/**
 * An endpoint of Microsoft's identity platform, including its national clouds; its path begins with the
 * tenant.
 */
export const ENDPOINT =
  /^(https:\/\/login\.(?:microsoftonline\.com|microsoftonline\.us|partner\.microsoftonline\.cn)\/)([^/?#]+)(\/oauth2\/.*)$/i;

/** Work, school and personal accounts; work and school accounts only; personal accounts only. */
export const SHARED_TENANTS = ['common', 'organizations', 'consumers'] as const;

/** The cloud of an endpoint, as a URL that ends with `/`, and its tenant; undefined if the endpoint is not Microsoft's. */
export function endpointOf(url: string): { base: string; tenant: string } | undefined {
  const [, base, tenant] = ENDPOINT.exec(url) ?? [];
  return base !== undefined && tenant !== undefined ? { base, tenant } : undefined;
}

/** @returns the tenant of an endpoint; undefined if the endpoint is not Microsoft's */
export const tenantOf = (url: string): string | undefined => ENDPOINT.exec(url)?.[2];

/** The same endpoint of another tenant; any other URL is returned unchanged. */
export const withTenant = (url: string, tenant: string): string => url.replace(ENDPOINT, `$1${tenant}$3`);

/** The tenant that all endpoints share; '' if they differ or none is Microsoft's. */
export function commonTenant(urls: readonly string[]): string {
  const tenants = new Set(urls.filter(Boolean).map(tenantOf));
  const [tenant = ''] = tenants;
  return tenants.size === 1 ? tenant : '';
}

const GUID = /^[\da-f]{8}-(?:[\da-f]{4}-){3}[\da-f]{12}$/i;
/** Is it an ID as Microsoft gives them to directories, apps and secrets? */
export const isGuid = (text: string): boolean => GUID.test(text);

const DOMAIN = /^(?=.{4,253}$)(?:[a-z\d](?:[a-z\d-]{0,61}[a-z\d])?\.)+[a-z][a-z\d-]{0,61}[a-z\d]$/i;

/** A single tenant: a directory ID (GUID) or a verified domain. */
export const OWN_TENANT = new RegExp(`${GUID.source}|${DOMAIN.source}`, 'i');

/** Is it a tenant in Microsoft's notation: a shared one, a directory ID (GUID) or a verified domain? */
export const isTenant = (text: string): boolean =>
  (SHARED_TENANTS as readonly string[]).includes(text) || OWN_TENANT.test(text);
