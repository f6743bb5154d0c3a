import { hostOf } from '../../../lib/host-of.js';
import { fill, inner, type Phrase, phrase } from '../../../lib/phrase.js';
import type { TokenConfigDocument } from '../../configuration/token-config.js';
import { tokenUrl } from '../provider.js';

/** A screen outside the helpdesk where somebody corrects what a provider refuses. */
export interface Place {
  name: Phrase;
  url: string;
  /** The same screen for one app; `%s` is the client ID. */
  appUrl?: string;
}

const ENTRA = 'https://entra.microsoft.com/#view';
const registration = (section: string) => ({
  url: `${ENTRA}/Microsoft_AAD_RegisteredApps/ApplicationsListBlade`,
  appUrl: `${ENTRA}/Microsoft_AAD_RegisteredApps/ApplicationMenuBlade/~/${section}/appId/%s`,
});

/** The places that the causes name. Addresses of 2026-11-29. */
export const PLACES = {
  registration: {
    name: phrase('Entra admin centre, App registrations'),
    ...registration('Overview'),
  },
  authentication: {
    name: phrase('Entra admin centre, App registrations, Authentication'),
    ...registration('Authentication'),
  },
  secrets: {
    name: phrase('Entra admin centre, App registrations, Certificates & secrets'),
    ...registration('Credentials'),
  },
  permissions: {
    name: phrase('Entra admin centre, App registrations, API permissions'),
    ...registration('CallAnAPI'),
  },
  enterpriseApps: {
    name: phrase('Entra admin centre, Enterprise applications'),
    url: `${ENTRA}/Microsoft_AAD_IAM/StartboardApplicationsMenuBlade/~/AppAppsPreview`,
  },
  conditionalAccess: {
    name: phrase('Entra admin centre, Conditional Access'),
    url: `${ENTRA}/Microsoft_AAD_ConditionalAccess/ConditionalAccessBlade/~/Policies`,
  },
  users: {
    name: phrase('Entra admin centre, Users'),
    url: `${ENTRA}/Microsoft_AAD_UsersAndTenants/UserManagementMenuBlade/~/AllUsers`,
  },
  googleClients: {
    name: phrase('Google Cloud console, Clients'),
    url: 'https://console.cloud.google.com/auth/clients',
  },
  googleAudience: {
    name: phrase('Google Cloud console, Audience'),
    url: 'https://console.cloud.google.com/auth/audience',
  },
  googleAccess: {
    name: phrase('Google Admin console, API controls'),
    url: 'https://admin.google.com/ac/owl',
  },
  googleServiceAccounts: {
    name: phrase('Google Cloud console, Service Accounts'),
    url: 'https://console.cloud.google.com/iam-admin/serviceaccounts',
  },
  googleDelegation: {
    name: phrase('Google Admin console, Domain-wide delegation'),
    url: 'https://admin.google.com/ac/owl/domainwidedelegation',
  },
  googleSessions: {
    name: phrase('Google Admin console, Google Cloud session control'),
    url: 'https://support.google.com/a/answer/9368756',
  },
} as const satisfies Record<string, Place>;

const GUID = /^[\da-f]{8}(-[\da-f]{4}){3}-[\da-f]{12}$/i;

/**
 * Where somebody corrects the cause of a failure of this configuration: for its app, and in its national cloud.
 * @returns null if it is corrected in the helpdesk, or nobody has to
 */
export function placeFor(
  { place }: { place: Place | null },
  document: TokenConfigDocument,
): Pick<Place, 'name' | 'url'> | null {
  if (!place) return null;
  const host = hostOf(tokenUrl(document));
  const isEntra = place.url.startsWith(ENTRA);
  // The admin centre of the cloud in China has other addresses.
  if (isEntra && /\.cn$/.test(host)) return null;
  const id = String(document.ClientID ?? '');
  const url = place.appUrl !== undefined && GUID.test(id) ? fill(place.appUrl, [id]) : place.url;
  const own = /\.us$/.test(host) ? url.replace('://entra.microsoft.com/', '://entra.microsoft.us/') : url;
  return { name: place.name, url: own };
}

/** Names the place as a text, where a page or message has no link. */
export const whereSentence = ({ name, url }: Pick<Place, 'name' | 'url'>): Phrase =>
  phrase('Where: %s (%s).', inner(name), url);
