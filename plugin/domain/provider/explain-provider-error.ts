import { type Phrase, phrase } from '../../lib/phrase.js';
import type { Provider } from './provider.js';

/** What a provider's error means and who must do what, in English for translation. */
export interface Explanation {
  text: Phrase;
}

/** Explanations for Microsoft's error numbers; no decision depends on them. */
export const AADSTS: Record<string, string> = {
  50011:
    'The redirect URI is not registered at the provider. Add the one that the form of the token configuration shows to the app registration.',
  65001:
    'The app has no consent. Request a new token and agree, or let an administrator of the tenant grant consent.',
  65004: 'The consent was declined. Request a new token and agree to the requested access.',
  70000: 'The refresh token is no longer valid. Request a new token.',
  700082: 'The refresh token was not used for 90 days and has expired. Request a new token.',
  50173: 'The password of the mailbox was changed, which ended the grant. Request a new token.',
  50076: 'The provider demands multi-factor authentication. Request a new token and confirm it.',
  50079: 'The provider demands multi-factor authentication. Request a new token and confirm it.',
  50105:
    'The account is not assigned to the app. Let an administrator of the tenant assign it, then request a new token.',
  53003:
    'A rule of the tenant (Conditional Access) blocks the access. Let an administrator of the tenant allow it, then request a new token.',
  90094:
    'The app needs the consent of an administrator. Let one of the tenant grant it, then request a new token.',
  700016:
    'The provider does not know the app in this tenant. Check the client ID and the tenant in the endpoints.',
  7000215:
    'The client secret is wrong. Paste the value of the secret, not its ID, into the token configuration.',
  7000218: 'The provider expects a client secret. Enter it in the token configuration.',
  7000222:
    'The client secret has expired. Create a new one in the Entra admin centre and paste it into the token configuration.',
};

/** Also used where the URL was entered by hand. */
export const ADDRESS_REFUSED = phrase(
  'The address leads to this machine, or is link-local or reserved: no provider is asked there. Check it, or allow it with the variable SIDECAR_ALLOW_ADDRESSES.',
);

export const BY_ERROR: Record<string, string> = {
  invalid_grant:
    'The grant has ended: access was revoked, the password was changed or it was unused for too long. Request a new token.',
  interaction_required: 'The provider wants the owner of the mailbox to sign in again. Request a new token.',
  login_required: 'The provider wants the owner of the mailbox to sign in again. Request a new token.',
  consent_required: 'The provider wants a new consent. Request a new token.',
  invalid_client: 'The client ID or the client secret is wrong. Check both in the token configuration.',
  unauthorized_client:
    'The app may not use this kind of request. Check the app registration at the provider.',
  access_denied: 'The consent was declined. Request a new token and agree to the requested access.',
  invalid_scope: 'The provider does not know a requested scope. Check the access token scope.',
  invalid_request:
    'The provider found the request faulty. Check the endpoints and parameters of the token configuration.',
  unsupported_grant_type:
    'The provider does not support this kind of request. Check the endpoints of the token configuration.',
  unsupported_response_type:
    'The provider does not support the authorization code flow for this app. Check the app registration.',
  redirect_uri_mismatch:
    'The redirect URI is not registered at the provider. Add the one that the form of the token configuration shows.',
  temporarily_unavailable: 'The provider is not available at the moment. It is tried again by itself.',
  server_error: 'The provider has an internal fault. It is tried again by itself.',
  address_refused: ADDRESS_REFUSED as string,
  timeout: 'The provider did not answer in time. It is tried again by itself.',
  network:
    'The provider could not be reached. Check the endpoint, the proxy (WebUserAgent::Proxy) and the network.',
  invalid_answer: 'The answer was not one of a token endpoint. Check the URL in the token configuration.',
};

const numberIn = (description: string): string => /AADSTS(\d+)/.exec(description)?.[1] ?? '';

/** The explanation of a known error, first by Microsoft's number. */
export const knownProviderError = (error: string, description = ''): Phrase | undefined =>
  AADSTS[numberIn(description)] ?? (Object.hasOwn(BY_ERROR, error) ? BY_ERROR[error] : undefined);

/**
 * @param error `error` of the answer, or our own word for a failure without an answer
 * @param description `error_description`; searched for Microsoft's AADSTS number
 */
export function explainProviderError(error: string, description = ''): Explanation {
  const known = knownProviderError(error, description);
  if (known) return { text: known };
  if (/^http_(408|425|429|5\d\d)$/.test(error)) {
    return { text: phrase('The provider is overloaded or has a fault. It is tried again by itself.') };
  }
  return { text: phrase('The provider refused the request.') };
}

/**
 * Why a consent is needed, as the end of a sentence after a colon. Key: AADSTS number, `error`, or `provider
 * error`.
 */
export const CONSENT_CAUSES: Record<string, string> = {
  50173: 'the password of the mailbox was changed',
  50076: 'the provider demands multi-factor authentication',
  50079: 'the provider demands multi-factor authentication',
  50132: 'the session was ended, because the password was changed or has expired',
  50133: 'the session was ended, because the password was changed or has expired',
  50055: 'the password of the mailbox has expired',
  50057: 'the account of the mailbox is disabled at the provider; enable it first',
  50034: 'the account of the mailbox does not exist at the provider any more',
  53003:
    "a rule of the tenant (Conditional Access) blocks the access; let the tenant's administrator allow it first",
  65001: 'the app has no consent',
  65004: 'the consent was declined',
  70000: 'the refresh token is no longer valid',
  70008: 'the refresh token has expired',
  70043: 'the refresh token has expired by a rule of the tenant (sign-in frequency)',
  700082: 'the grant was not used for 90 days',
  700084:
    'the refresh token has expired after 24 hours, as for apps of the type single-page; register the redirect URI as type Web',
  access_denied: 'the consent was declined',
  consent_required: 'the app has no consent',
  interaction_required: 'the provider wants the owner of the mailbox to sign in again',
  login_required: 'the provider wants the owner of the mailbox to sign in again',
  'google invalid_grant':
    'access was revoked, the password was changed, or the app is in testing mode, where each consent ends after 7 days',
};

/** The clause from CONSENT_CAUSES. */
export const consentCause = (error: string, description: string, provider: Provider): Phrase =>
  CONSENT_CAUSES[numberIn(description)] ??
  CONSENT_CAUSES[`${provider} ${error}`] ??
  CONSENT_CAUSES[error] ??
  phrase('access was revoked, the password was changed, or it was unused for too long');

/** What to do about a rejected client. Key: AADSTS number, `provider error`, `error`, or the provider. */
export const CLIENT_CURES: Record<string, string> = {
  7000222: 'Client secret expired: create a new one in the Entra admin centre, then paste it here.',
  7000215:
    'Client secret is wrong: paste its value here, not its ID; if it is lost, create a new one in the Entra admin centre.',
  7000218: 'Client secret is missing: the provider expects one, so enter it here.',
  700016: 'Client ID is unknown in this tenant: check the client ID, and the tenant in the endpoints.',
  90002: 'The tenant is unknown: check it in the endpoints.',
  7000112: "The app is disabled in the tenant: let the tenant's administrator enable it.",
  unauthorized_client:
    'The app may not do this: compare its type and permissions at the provider with the guide.',
  microsoft:
    'Client ID or client secret rejected: compare both with the app registration in the Entra admin centre.',
  google:
    'Client ID or client secret rejected: compare both with the credentials in the Google Cloud console.',
};

/** The sentence from CLIENT_CURES. */
export const clientCure = (error: string, description: string, provider: Provider): Phrase =>
  CLIENT_CURES[numberIn(description)] ??
  CLIENT_CURES[error] ??
  CLIENT_CURES[provider] ??
  phrase('Client ID or client secret rejected: compare both with those at the provider.');
