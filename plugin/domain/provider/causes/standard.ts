import { phrase } from '../../../lib/phrase.js';
import type { Cause } from './cause.js';
import { NEW_TOKEN, RETRIED, SIGN_IN } from './remedies.js';

/** Also used where the URL was entered by hand. */
export const ADDRESS_REFUSED = phrase(
  'The address belongs to this machine, or is link-local or reserved, so the sidecar does not contact it. Check it, or allow it with the variable SIDECAR_ALLOW_ADDRESSES.',
);

const CHECK_PROXY = phrase('Correct the setting WebUserAgent::Proxy, or the proxy itself.');

/** Values of `error` in OAuth 2.0 (RFC 6749 §4.1.2.1, §5.2) and OpenID Connect. */
export const STANDARD: readonly Cause[] = [
  {
    id: 'grant',
    keys: ['invalid_grant'],
    who: 'owner',
    what: phrase(
      'The provider ended the grant without giving a reason. Usual causes: access was revoked, the grant was unused for a long time or, at Google, the publishing status is Testing, where each consent expires after 7 days.',
    ),
    remedy: NEW_TOKEN,
    unexplained: 'grant-refused',
  },
  {
    id: 'sign-in',
    keys: ['interaction_required', 'login_required'],
    who: 'owner',
    general: true,
    what: phrase('The owner of the mailbox must sign in at the provider again.'),
    remedy: SIGN_IN,
  },
  {
    id: 'consent',
    keys: ['consent_required'],
    who: 'owner',
    general: true,
    what: phrase('The provider requires a new consent.'),
    remedy: NEW_TOKEN,
  },
  {
    id: 'client',
    keys: ['invalid_client'],
    who: 'admin',
    what: phrase('The provider rejected the client ID or the client secret.'),
    remedy: phrase('Compare both with those at the provider.'),
    unexplained: 'unknown',
  },
  {
    id: 'unauthorized',
    keys: ['unauthorized_client'],
    who: 'admin',
    what: phrase('The app is not allowed to use this grant type.'),
    remedy: phrase('Check the type and permissions of the app at the provider.'),
    unexplained: 'unknown',
  },
  {
    id: 'grant-type',
    keys: ['unsupported_grant_type'],
    who: 'admin',
    what: phrase('The provider does not support this grant type.'),
    remedy: phrase('Check the endpoints of the token configuration.'),
    unexplained: 'unknown',
  },
  {
    id: 'response-type',
    keys: ['unsupported_response_type'],
    who: 'admin',
    what: phrase('The provider does not support the authorization code flow for this app.'),
    remedy: phrase('Check the app registration.'),
    unexplained: 'unknown',
  },
];

/** Faults that pass, and faults on the way to the provider. */
export const FAULTS: readonly Cause[] = [
  {
    id: 'provider-fault',
    keys: [
      ...['90006', '90012', '90024', '90033', '90055', '70012'],
      ...['temporarily_unavailable', 'server_error', 'slow_down'],
    ],
    who: 'nobody',
    outcome: 'transient',
    what: phrase('The provider is overloaded or has a problem.'),
    remedy: RETRIED,
  },
  {
    id: 'loop',
    keys: ['50196'],
    who: 'nobody',
    outcome: 'transient',
    what: phrase(
      'Microsoft has paused requests from the app because the same request was repeated too often.',
    ),
    remedy: RETRIED,
  },
  {
    id: 'timeout',
    keys: ['timeout'],
    who: 'nobody',
    outcome: 'transient',
    what: phrase('The provider did not respond in time.'),
    remedy: RETRIED,
  },
  {
    id: 'network',
    keys: ['network'],
    who: 'nobody',
    outcome: 'transient',
    what: phrase('The provider could not be reached.'),
    remedy: phrase(
      'The sidecar retries automatically; if the problem persists, check the endpoint, the proxy (WebUserAgent::Proxy) and the network.',
    ),
    remedyForConsent: phrase(
      'Check the endpoint, the proxy (WebUserAgent::Proxy) and the network, then try again.',
    ),
  },
  {
    id: 'proxy-log-in',
    keys: ['proxy_407'],
    who: 'admin',
    outcome: 'transient',
    what: phrase('The proxy requires a user name and password (407).'),
    remedy: CHECK_PROXY,
  },
  {
    id: 'proxy-refuses',
    keys: ['proxy_403'],
    who: 'admin',
    outcome: 'transient',
    what: phrase('The proxy does not allow connections to the provider (403).'),
    remedy: CHECK_PROXY,
  },
  {
    id: 'proxy-fault',
    keys: ['proxy_fault'],
    who: 'admin',
    outcome: 'transient',
    what: phrase('The proxy could not connect to the provider.'),
    remedy: CHECK_PROXY,
  },
  {
    id: 'address',
    keys: ['address_refused'],
    who: 'admin',
    outcome: 'transient',
    what: phrase(
      'The endpoint has an address of this machine, or a link-local or reserved one, so the sidecar does not contact it.',
    ),
    remedy: phrase('Check the endpoint, or allow the address with the variable SIDECAR_ALLOW_ADDRESSES.'),
  },
  {
    id: 'certificate-missing',
    keys: ['certificate_missing'],
    who: 'admin',
    outcome: 'client-rejected',
    what: phrase('The private key of the certificate is missing on this machine, or its file is damaged.'),
    remedy: phrase(
      'Copy the file from another sidecar, or create a new certificate ("znuny-oauth2 certificate create").',
    ),
  },
  {
    id: 'certificate-unsafe',
    keys: ['certificate_unsafe'],
    who: 'admin',
    outcome: 'client-rejected',
    what: phrase(
      "Others can read or change the file with the private key of the certificate, or it does not belong to the sidecar's user.",
    ),
    remedy: phrase(
      "Make the sidecar's user the owner of the file, with mode 0600. If others may have read it, create a new certificate.",
    ),
  },
  {
    id: 'certificate-expired',
    keys: ['certificate_expired'],
    who: 'admin',
    outcome: 'client-rejected',
    what: phrase('The certificate has expired.'),
    remedy: phrase('Create a new one ("znuny-oauth2 certificate create") and upload it to the provider.'),
  },
  {
    id: 'answer',
    keys: ['invalid_answer'],
    who: 'nobody',
    outcome: 'invalid-answer',
    what: phrase('The provider returned something other than a token.'),
    remedy: phrase(
      'The sidecar retries automatically; if the problem persists, check the endpoints in the token configuration.',
    ),
    remedyForConsent: phrase('Check the endpoints in the token configuration.'),
  },
];

/** Own codes of a token that was received and cannot be stored. */
export const UNSTORABLE: readonly Cause[] = [
  {
    id: 'value-too-long',
    keys: ['value-too-long'],
    who: 'admin',
    what: phrase('The token is too long for this version of the helpdesk to store.'),
    remedy: phrase('Update the helpdesk: later versions have longer columns.'),
  },
];

/** What is said where the tables have nothing. */
export const UNKNOWN: Cause = {
  id: 'unknown',
  keys: [],
  who: 'admin',
  what: phrase('The provider rejected the request.'),
  remedy: phrase('It gave no reason.'),
};

/** What `invalid_grant` means for an authorization code (RFC 6749 §5.2). */
export const CODE_REFUSED: Cause = {
  id: 'code-refused',
  keys: [],
  who: 'owner',
  what: phrase('The provider rejected the authorization code.'),
  remedy: phrase(
    'Request a new token. If this happens again, compare the redirect URI with the one registered with the provider.',
  ),
};
