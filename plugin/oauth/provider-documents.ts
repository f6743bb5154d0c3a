import type { SettingsReader } from '../domain/helpdesk/settings.js';
import { ADDRESS_REFUSED } from '../domain/provider/causes/standard.js';
import type { ProviderDocuments, ProviderMetadata } from '../domain/provider/provider-documents.js';
import { SidecarError } from '../errors.js';
import { inTime } from '../lib/in-time.js';
import { type Phrase, phrase } from '../lib/phrase.js';
import { type AddressRules, hostOf } from '../lib/safe-address.js';
import { DocumentError, type DocumentFault, getJson, isWellFormed } from './json-document.js';

/** Milliseconds that a page waits for the look at a tenant. */
const TENANT_PATIENCE = 2000;

const REASONS: Record<DocumentFault, Phrase> = {
  address: phrase('The address must begin with https://.'),
  forbidden: ADDRESS_REFUSED,
  unreachable: phrase(
    'The provider cannot be reached, or its certificate is not valid. Check the address, the proxy (WebUserAgent::Proxy), and the network.',
  ),
  proxy: phrase(
    'The proxy (WebUserAgent::Proxy) rejected the connection. Correct the setting, or the proxy itself.',
  ),
  timeout: phrase('The provider did not respond in time.'),
  redirect: phrase(
    'The provider redirects to another address, and the sidecar does not follow redirects. Enter the issuer exactly as the provider states it.',
  ),
  status: phrase('No metadata was found at this address. Check the issuer.'),
  'too-large': phrase("The provider's response is larger than 256 KB."),
  'no-json': phrase("The provider's response is not a JSON object."),
};

const failed = (detail: Phrase[], log: string, fields: Record<string, Phrase> = {}) =>
  new SidecarError('discovery-failed', { detail, log, fields });

/**
 * OpenID Connect Discovery §4 appends its path to the issuer; RFC 8414 §3.1 inserts its path between host and
 * path.
 */
function addressesOf(issuer: URL): URL[] {
  const path = issuer.pathname.replace(/\/$/, '');
  return [
    new URL(`${issuer.origin}${path}/.well-known/openid-configuration`),
    new URL(`${issuer.origin}/.well-known/oauth-authorization-server${path}`),
  ];
}

/** Makes a text of the provider safe for our page: one short line. */
const oneLine = (text: string) => text.replace(/[\p{Cc}\p{Cf}\p{Zl}\p{Zp}]+/gu, ' ').slice(0, 200);

type MayAsk = (url: URL) => boolean;

function endpoint(
  document: Record<string, unknown>,
  name: string,
  needed: boolean,
  mayAsk: MayAsk,
): string | null {
  const value = document[name];
  if (value === undefined && !needed) return null;
  const text = typeof value === 'string' ? value : '';
  if (text.length <= 2000 && URL.canParse(text) && mayAsk(new URL(text)) && !text.includes('#')) return text;
  throw failed(
    [phrase('In the provider\'s metadata, "%s" is missing or does not begin with https://.', name)],
    `discovery: ${name} is no https address`,
  );
}

const listOf = (value: unknown): string[] | null =>
  Array.isArray(value)
    ? value.filter((item): item is string => typeof item === 'string').slice(0, 500)
    : null;

function readMetadata(document: Record<string, unknown>, issuer: string, mayAsk: MayAsk): ProviderMetadata {
  // RFC 8414 §3.3: the issuer must be identical, or the document belongs to another provider.
  if (document.issuer !== issuer) {
    const own = typeof document.issuer === 'string' ? oneLine(document.issuer) : '-';
    throw failed(
      [
        phrase(
          'The provider identifies itself as "%s". If this is the right provider, enter exactly that.',
          own,
        ),
      ],
      'discovery: another issuer',
    );
  }
  const methods = listOf(document.code_challenge_methods_supported);
  const authentication = listOf(document.token_endpoint_auth_methods_supported);
  return {
    issuer,
    authorizationEndpoint: endpoint(document, 'authorization_endpoint', true, mayAsk) as string,
    tokenEndpoint: endpoint(document, 'token_endpoint', true, mayAsk) as string,
    userInfoEndpoint: endpoint(document, 'userinfo_endpoint', false, mayAsk),
    revocationEndpoint: endpoint(document, 'revocation_endpoint', false, mayAsk),
    scopes: listOf(document.scopes_supported),
    pkce: methods?.includes('S256') ?? null,
    namesIssuer: document.authorization_response_iss_parameter_supported === true,
    secretInBody: authentication?.includes('client_secret_post') ?? null,
  };
}

function issuerOf(text: string): URL {
  const url = URL.canParse(text) ? new URL(text) : null;
  // RFC 8414 §2: no query and no fragment.
  if (!url || !isWellFormed(url) || text.includes('?') || text.includes('#') || text.length > 500)
    throw failed(
      [
        phrase(
          'The issuer must be a URL that begins with https:// and has no query, such as https://login.example.com.',
        ),
      ],
      'discovery: not an issuer',
    );
  return url;
}

/** Reads the documents that a provider publishes about itself and about a user. */
export function createProviderDocuments({
  settings,
  addresses,
}: {
  settings: SettingsReader;
  addresses: AddressRules;
}): ProviderDocuments {
  const mayAsk = (url: URL) => isWellFormed(url) && addresses.mayAsk(hostOf(url));
  return {
    async discover(issuer) {
      const url = issuerOf(issuer);
      const outgoing = { settings: await settings.current(), addresses };
      let fault: DocumentError | undefined;
      for (const address of addressesOf(url)) {
        try {
          return readMetadata(await getJson(outgoing, address), issuer, mayAsk);
        } catch (error) {
          if (!(error instanceof DocumentError)) throw error;
          fault = error;
          // Try the other document only if the provider does not have this one.
          if (error.fault !== 'status') break;
        }
      }
      const reason = fault?.fault ?? 'status';
      throw failed([REASONS[reason]], `discovery: ${fault?.message ?? 'nothing found'}`);
    },

    async microsoftCloud(issuer) {
      const outgoing = { settings: await settings.current(), addresses };
      try {
        const address = new URL(`${issuer}/.well-known/openid-configuration`);
        const { cloud_instance_name: cloud } = await inTime(getJson(outgoing, address), TENANT_PATIENCE);
        return typeof cloud === 'string' && /^[a-z0-9.-]{1,100}$/i.test(cloud) ? cloud.toLowerCase() : null;
      } catch (error) {
        // Microsoft refuses an unknown tenant with 400 (AADSTS90002).
        const unknown = error instanceof DocumentError && error.status === 400;
        return unknown ? 'unknown' : null;
      }
    },

    async userInfo(url, accessToken) {
      if (!URL.canParse(url)) return null;
      try {
        const outgoing = { settings: await settings.current(), addresses };
        return await getJson(outgoing, new URL(url), {
          Authorization: `Bearer ${accessToken}`,
        });
      } catch {
        return null;
      }
    },
  };
}
