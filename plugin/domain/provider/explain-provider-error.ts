import { type Phrase, phrase } from '../../lib/phrase.js';
import type { Provider } from './provider.js';

/** What a provider's error means and who must do what, in English for translation. */
export interface Explanation {
  text: Phrase;
}

/** Explanations for Microsoft's error numbers; no decision depends on them. */
export const AADSTS: Record<string, string> = {
  50011:
    'The redirect URI is not registered with the provider. Add the one shown in the token configuration form to the app registration.',
  65001:
    'Consent is missing. Request a new token and accept the permissions, or ask a tenant administrator to grant consent.',
  65004: 'Consent was declined. Request a new token and accept the requested permissions.',
  70000: 'The refresh token is no longer valid. Request a new token.',
  700082: 'The refresh token was not used for 90 days and has expired. Request a new token.',
  50173: "The mailbox's password was changed, which ended the grant. Request a new token.",
  50076: 'The provider requires multi-factor authentication. Request a new token and complete it.',
  50079: 'The provider requires multi-factor authentication. Request a new token and complete it.',
  50105:
    'The account is not assigned to the app. Ask a tenant administrator to assign it, then request a new token.',
  53003:
    'A Conditional Access policy of the tenant blocks access. Ask a tenant administrator to allow it, then request a new token.',
  90094: 'An administrator must grant consent. Ask a tenant administrator, then request a new token.',
  700016:
    'The provider does not know the app in this tenant. Check the client ID and the tenant in the endpoints.',
  7000215:
    "The client secret is wrong. Enter the secret's Value, not its Secret ID, in the token configuration.",
  7000218: 'The provider expects a client secret. Enter it in the token configuration.',
  7000222:
    'The client secret has expired. Create a new one in the Entra admin centre and enter it in the token configuration.',
};

/** Also used where the URL was entered by hand. */
export const ADDRESS_REFUSED = phrase(
  'The address belongs to this machine, or is link-local or reserved, so the sidecar does not contact it. Check it, or allow it with the variable SIDECAR_ALLOW_ADDRESSES.',
);

export const BY_ERROR: Record<string, string> = {
  invalid_grant:
    'The grant has ended: access was revoked, the password was changed, or it was unused for too long. Request a new token.',
  interaction_required: 'The owner of the mailbox must sign in at the provider again. Request a new token.',
  login_required: 'The owner of the mailbox must sign in at the provider again. Request a new token.',
  consent_required: 'The provider requires a new consent. Request a new token.',
  invalid_client: 'The client ID or client secret is wrong. Check both in the token configuration.',
  unauthorized_client:
    'The app is not allowed to use this grant type. Check the app registration at the provider.',
  access_denied: 'Consent was declined. Request a new token and accept the requested permissions.',
  invalid_scope: 'The provider does not know a requested scope. Check the access token scope.',
  invalid_request:
    'The provider rejected the request as invalid. Check the endpoints and parameters of the token configuration.',
  unsupported_grant_type:
    'The provider does not support this kind of request. Check the endpoints of the token configuration.',
  unsupported_response_type:
    'The provider does not support the authorization code flow for this app. Check the app registration.',
  redirect_uri_mismatch:
    'The redirect URI is not registered with the provider. Add the one shown in the token configuration form.',
  temporarily_unavailable: 'The provider is temporarily unavailable. The sidecar retries automatically.',
  server_error: 'The provider has an internal error. The sidecar retries automatically.',
  address_refused: ADDRESS_REFUSED as string,
  timeout: 'The provider did not respond in time. The sidecar retries automatically.',
  network:
    'The provider could not be reached. Check the endpoint, the proxy (WebUserAgent::Proxy) and the network.',
  invalid_answer:
    'The response did not come from a token endpoint. Check the URL in the token configuration.',
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
    return {
      text: phrase('The provider is overloaded or has a problem. The sidecar retries automatically.'),
    };
  }
  return { text: phrase('The provider rejected the request.') };
}

/**
 * Why a consent is needed, as the end of a sentence after a colon. Key: AADSTS number, `error`, or `provider
 * error`.
 */
export const CONSENT_CAUSES: Record<string, string> = {
  50173: "the mailbox's password was changed",
  50076: 'the provider requires multi-factor authentication',
  50079: 'the provider requires multi-factor authentication',
  50132: 'the session ended because the password was changed or has expired',
  50133: 'the session ended because the password was changed or has expired',
  50055: "the mailbox's password has expired",
  50057: "the mailbox's account is disabled at the provider; enable it first",
  50034: "the mailbox's account no longer exists at the provider",
  53003:
    'a Conditional Access policy of the tenant blocks access; ask a tenant administrator to allow it first',
  65001: 'consent is missing; an administrator may have to grant it',
  65004: 'consent was declined',
  70000: 'the refresh token is no longer valid',
  70008: 'the refresh token has expired',
  70043: "the refresh token expired because of the tenant's sign-in frequency policy",
  700082: 'the grant was not used for 90 days',
  700084:
    'the refresh token expired after 24 hours, as for single-page applications; register the redirect URI under the platform Web',
  access_denied: 'consent was declined',
  consent_required: 'consent is missing; an administrator may have to grant it',
  interaction_required: 'the owner of the mailbox must sign in at the provider again',
  login_required: 'the owner of the mailbox must sign in at the provider again',
  'google invalid_grant':
    "access was revoked, the password was changed, or the app's publishing status is Testing, where each consent expires after 7 days",
};

/** The clause from CONSENT_CAUSES. */
export const consentCause = (error: string, description: string, provider: Provider): Phrase =>
  CONSENT_CAUSES[numberIn(description)] ??
  CONSENT_CAUSES[`${provider} ${error}`] ??
  CONSENT_CAUSES[error] ??
  phrase('access was revoked, the password was changed, or it was unused for too long');

/** What to do about a rejected client. Key: AADSTS number, `provider error`, `error`, or the provider. */
export const CLIENT_CURES: Record<string, string> = {
  7000222: 'Client secret expired: create a new one in the Entra admin centre, then enter it under Edit.',
  7000215:
    'Client secret is wrong: enter its Value, not its Secret ID, under Edit. If you no longer have it, create a new one in the Entra admin centre.',
  7000218: 'Client secret is missing, but the provider expects one: enter it under Edit.',
  700016: 'The client ID is unknown in this tenant: check the client ID and the tenant in the endpoints.',
  90002: 'The tenant is unknown: check it in the endpoints.',
  7000112: "The app is disabled in the tenant: let the tenant's administrator enable it.",
  unauthorized_client:
    'The app is not allowed to do this: compare its type and permissions at the provider with the guide.',
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
