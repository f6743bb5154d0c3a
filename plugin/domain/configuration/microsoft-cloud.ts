import { hostOf, hostOfAddress } from '../../lib/host-of.js';
import { type Phrase, phrase } from '../../lib/phrase.js';
import { requestKindsOf } from './auth-flow.js';
import { scopeList } from './scopes.js';
import type { TokenConfigDocument } from './token-config.js';

/** Microsoft's clouds, which know nothing of each other's apps, tenants and mailboxes. */
type MicrosoftCloud = 'worldwide' | 'us-government' | 'china';

/**
 * The hosts of each cloud: sign-in, resources of scopes, mail servers. See
 * https://learn.microsoft.com/en-us/entra/identity-platform/authentication-national-cloud and
 * https://learn.microsoft.com/en-us/microsoft-365/enterprise/microsoft-365-endpoints (checked on 2026-11-29).
 */
const HOSTS: readonly [cloud: MicrosoftCloud, hosts: RegExp][] = [
  ['us-government', /(^|\.)(microsoftonline\.us|office365\.us|microsoft\.us)$/],
  ['china', /(^|\.)(partner\.microsoftonline\.cn|chinacloudapi\.cn|partner\.outlook\.cn)$/],
  [
    'worldwide',
    /(^|\.)(microsoftonline\.com|login\.windows\.net|live\.com|office\.com|office365\.com|outlook\.com|graph\.microsoft\.com)$/,
  ],
];

/** The names of the clouds, which are not translated. */
const NAMES: Readonly<Record<MicrosoftCloud, string>> = {
  worldwide: 'Microsoft 365 (worldwide)',
  'us-government': 'Microsoft 365 US Government',
  china: 'Microsoft 365 (21Vianet, China)',
};

/** The cloud of a host name in lower case; null if it is not Microsoft's. */
const cloudOf = (host: string): MicrosoftCloud | null =>
  HOSTS.find(([, hosts]) => hosts.test(host))?.[0] ?? null;

/**
 * The environment that `Connect-ExchangeOnline -ExchangeEnvironmentName` needs outside the worldwide cloud
 * (learn.microsoft.com/powershell/module/exchange/connect-exchangeonline, checked on 2026-11-29).
 * @returns null: the worldwide cloud, which is the default
 */
export function exchangeEnvironment(document: TokenConfigDocument): string | null {
  const clouds = new Set(partsOf(document, []).map(({ cloud }) => cloud));
  if (clouds.has('china')) return 'O365China';
  if (!clouds.has('us-government')) return null;
  return /\/\/outlook-dod\.office365\.us\//i.test(String(document.Scope ?? ''))
    ? 'O365USGovDoD'
    : 'O365USGovGCCHigh';
}

/** A part of a configuration, or a mailbox that uses it, with the cloud to which it belongs. */
interface Part {
  /** Name of the form's field; '' for a mail server, which is not part of the configuration. */
  field: string;
  /** Host or scope. */
  text: string;
  cloud: MicrosoftCloud;
}

const partOf = (field: string, text: string, host: string): Part[] => {
  const cloud = cloudOf(host);
  return cloud ? [{ field, text, cloud }] : [];
};

function partsOf(document: TokenConfigDocument, servers: readonly string[]): Part[] {
  const endpoints = requestKindsOf(document).flatMap((kind) => {
    const host = hostOf(String(document.Requests?.[kind]?.Request?.URL ?? ''));
    return partOf(`${kind}RequestURL`, host, host);
  });
  const scopes = scopeList(String(document.Scope ?? '')).flatMap((scope) =>
    partOf('Scope', scope, hostOf(scope)),
  );
  return [...endpoints, ...scopes, ...servers.flatMap((server) => partOf('', server, hostOfAddress(server)))];
}

/** Two parts that belong to different clouds. */
export interface CloudMixture {
  /** Name of the form's field that does not fit the sign-in; '': a mail server. */
  field: string;
  text: Phrase;
}

/**
 * Do sign-in, scopes and mail servers of a configuration belong to different clouds of Microsoft? Such a configuration
 * gets no token, or one that the mail server refuses.
 * @param servers addresses of mail servers where the token is used
 * @returns the first part that does not fit the first endpoint; null if all do, or are not Microsoft's
 */
export function cloudMixture(
  document: TokenConfigDocument,
  servers: readonly string[] = [],
): CloudMixture | null {
  const [first, ...others] = partsOf(document, servers);
  const other = others.find(({ cloud }) => cloud !== first?.cloud);
  if (!first || !other) return null;
  return {
    field: other.field,
    text: phrase(
      '%s belongs to %s, but %s to %s. Sign-in, scopes, and mail servers must be in one cloud: start from the template for that cloud.',
      first.text,
      NAMES[first.cloud],
      other.text,
      NAMES[other.cloud],
    ),
  };
}
