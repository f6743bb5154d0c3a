import { inEnglish, type Phrase } from './lib/phrase.js';

/**
 * The error catalogue. Every failure shown to a person or logged is a `SidecarError` with a code from here.
 *
 * - `safe` is shown on pages: it says what happened and what to do, and never contains a secret. If a detail
 *   may give better advice, the usual advice is a separate text, shown only without a detail, so that there
 *   are never two.
 * - `log` is for the log line: more technical, but also without secrets, tokens, codes and verifiers.
 */
export const CATALOGUE = {
  'config-unreadable': [500, "The helpdesk's configuration file could not be read."],
  'ownership-unsafe': [
    500,
    'A file or folder belongs to a user who could tamper with this command. Nothing was changed.',
  ],
  'config-invalid': [500, 'The sidecar is not set up correctly.', 'The log says which variable to correct.'],
  'database-unavailable': [
    503,
    "The helpdesk's database does not respond.",
    'Nothing was changed. Try again in a moment.',
  ],
  'database-busy': [
    503,
    "The helpdesk's database is busy: another program has locked the requested rows.",
    'Nothing was changed. Try again in a moment.',
  ],
  'renewals-stalled': [
    503,
    'No pass over the due list has completed for a minute, so no token is renewed.',
    'The log names the cause; restart the sidecar if this persists.',
  ],
  'database-right-missing': [
    500,
    'The database user of the sidecar lacks a right. Run "znuny-oauth2 install" again; it grants what is missing.',
  ],
  'install-failed': [
    500,
    'The installation stopped. Completed steps remain in effect. Correct the problem and run the command again, or undo it with "znuny-oauth2 uninstall".',
  ],
  'schema-unknown': [500, "The helpdesk's database has a schema that this version does not know."],
  'helpdesk-unsupported': [501, 'The sidecar does not support this helpdesk. Nothing was changed.'],
  'token-tables-missing': [500, "The helpdesk's database has no place for OAuth2 tokens."],
  'value-too-long': [
    422,
    'A value is too long for the helpdesk to store. Nothing was changed. Shorten it and save again.',
  ],
  'bad-request': [
    400,
    'The request is incomplete or contradictory. Go back to the overview and start again.',
  ],
  'method-not-allowed': [
    405,
    'This URL does not accept this request method. Go back to the overview and start again.',
  ],
  'channel-unproven': [
    403,
    "This request did not come from the helpdesk's web server, so the sidecar rejected it.",
    'Open the screens through the helpdesk. If you did, run "znuny-oauth2 install" again: it updates the web server\'s rules.',
  ],
  'client-address-invalid': [
    400,
    "The web server did not pass on the browser's address, so the sidecar cannot check the session.",
    'Reload the page. If this message persists, run "znuny-oauth2 doctor --only address" on the server.',
  ],
  'too-large': [413, 'The upload is too large. The limit is 1 MB.'],
  'not-signed-in': [401, 'Please log in to the helpdesk first.'],
  'session-unreadable': [
    501,
    "The sidecar cannot read the helpdesk's sessions, so it cannot know who you are.",
  ],
  'no-permission': [403, 'You do not have permission to use this screen. Ask a helpdesk administrator.'],
  'challenge-token-invalid': [
    403,
    'The form is no longer valid because the session has changed. Nothing was changed. Open the page again and repeat your changes.',
  ],
  'opened-elsewhere': [
    403,
    'The export was opened from another website, so nothing was exported. Export from the overview of token configurations.',
  ],
  'unknown-token-config': [
    404,
    'This token configuration does not exist. It may have been deleted in the meantime.',
  ],
  'unknown-subaction': [404, 'This page does not exist. Go back to the overview of token configurations.'],
  'unknown-template': [404, 'This template does not exist. Choose one of the listed templates.'],
  'template-broken': [500, 'A template file is invalid. Correct or remove it; the log names the file.'],
  'discovery-failed': [422, "The provider's endpoints could not be found."],
  'identity-forged': [
    400,
    "The provider's response belongs to another app or another request. Nothing was stored. Request a new token, and tell your administrator if this happens again.",
  ],
  'invalid-token-config': [
    422,
    'The token configuration is incomplete or invalid.',
    'Nothing was saved. Correct the highlighted fields.',
  ],
  'token-config-in-use': [
    409,
    'The token configuration is in use and cannot be deleted. Change what uses it first.',
  ],
  'name-in-use': [
    409,
    'Outbound e-mail refers to this token configuration by its name, so it cannot be renamed.',
  ],
  'edit-conflict': [
    409,
    'Someone else has changed this token configuration in the meantime. Nothing was saved. Check the new values and try again.',
  ],
  'import-invalid': [422, 'The file could not be imported. Nothing was changed.'],
  'import-outdated': [
    409,
    'Someone has changed token configurations since the preview. Nothing was imported. Check the new preview.',
  ],
  'import-unknown': [
    400,
    'This preview has already been used or is older than half an hour. Choose the file again.',
  ],
  'unknown-user': [404, 'The helpdesk has no valid user with this login.'],
  'state-invalid': [
    400,
    'This sign-in was not started here, or has already been used. Nothing was stored. Request a new token from the overview.',
  ],
  'state-expired': [
    400,
    'Signing in took longer than 10 minutes. Nothing was stored. Request a new token from the overview.',
  ],
  'state-foreign': [
    403,
    'This sign-in was started by another session. Nothing was stored. Log in and request a new token from the overview.',
  ],
  'issuer-mismatch': [
    400,
    'The response came from a different provider. Nothing was stored. Request a new token, and tell your administrator if this happens again.',
  ],
  'consent-refused': [
    400,
    'The provider did not grant access. Nothing was stored.',
    'Request a new token and accept the requested permissions.',
  ],
  'scope-missing': [
    422,
    'The consent lacks a permission that mail needs. Nothing was stored; an earlier token was kept.',
    'Request a new token and accept all requested permissions.',
  ],
  'code-missing': [
    400,
    'The provider sent neither an authorization code nor an error. Nothing was stored. Request a new token from the overview.',
  ],
  'admin-consent-missing': [
    400,
    'The provider sent neither an admin consent nor an error. Start the admin consent again from "Next steps".',
  ],
  'admin-consent-elsewhere': [
    400,
    'The admin consent was granted in a tenant other than that of the token configuration.',
    'Grant it as an administrator of that tenant, or correct the tenant in the token configuration.',
  ],
  'service-account-key-unusable': [
    422,
    'The key of the service account cannot be used. Nothing was changed.',
  ],
  'certificate-unusable': [422, 'The certificate cannot be used. Nothing was changed.'],
  'provider-unreachable': [
    502,
    'The provider could not be reached. Stored tokens were kept.',
    'Check the endpoint, the proxy (WebUserAgent::Proxy) and the network, then try again.',
  ],
  'address-refused': [
    502,
    'The provider was not contacted because of its address. Stored tokens were kept.',
    'The address belongs to this machine, or is link-local or reserved, so the sidecar does not contact it. Check it, or allow it with the variable SIDECAR_ALLOW_ADDRESSES.',
  ],
  'provider-timeout': [
    504,
    'The provider did not respond in time. Stored tokens were kept.',
    'Try again in a moment.',
  ],
  'provider-overloaded': [
    502,
    'The provider is overloaded or has a problem. Stored tokens were kept.',
    'Try again in a few minutes.',
  ],
  'provider-answer-invalid': [
    502,
    'The provider returned something other than a token. Stored tokens were kept.',
    'Check the endpoints in the token configuration.',
  ],
  'grant-dead': [422, 'The provider no longer accepts the refresh token.', 'Request a new token.'],
  'client-rejected': [
    422,
    'The provider rejected the app. Stored tokens were kept.',
    'Check the client ID and the client secret in the token configuration.',
  ],
  'provider-refused': [
    422,
    'The provider rejected the request. Stored tokens were kept.',
    "The provider's message says why.",
  ],
  'no-refresh-token': [422, 'There is no refresh token. Request a new token.'],
  'no-revocation': [422, 'The provider has no endpoint to revoke tokens. Nothing was changed.'],
  'answer-waiting': [
    409,
    'The provider has sent a new token that is not in the database yet. The sidecar stores it as soon as the database accepts it; the log says what prevents this.',
  ],
  'renewal-running': [409, 'The token is being renewed right now. Try again in a few seconds.'],
  'journal-unusable': [
    500,
    'The journal, which protects provider responses, cannot be used. Nothing was changed.',
  ],
  'unknown-mail-account': [
    404,
    'This mail account does not use this token configuration. Choose one from the list.',
  ],
  'mute-invalid': [422, 'Muting cannot end on this date. Choose a day within the next year.'],
  'mailbox-invalid': [
    422,
    'The mailbox cannot be tested with these settings.',
    'Correct the highlighted fields.',
  ],
  'mailbox-tests-busy': [
    503,
    'Several mailboxes are being tested at the moment. Try again in half a minute.',
  ],
  'relay-invalid': [422, 'The relay password was not created.', 'Correct the listed values.'],
  'unknown-relay-password': [
    404,
    'There is no such relay password. It may have been revoked in the meantime.',
  ],
  internal: [500, 'Something went wrong in the sidecar. Nothing was changed. The log has the details.'],
} as const satisfies Record<string, readonly [status: number, safe: string, cure?: string]>;

export type ErrorCode = keyof typeof CATALOGUE;

const entryOf = (code: ErrorCode): readonly [status: number, safe: string, cure?: string] => CATALOGUE[code];

/** What happened, without any advice. */
export const safeText = (code: ErrorCode): string => entryOf(code)[1];

/**
 * Extra facts of an error. `detail` follows the safe text and replaces the usual advice; `fields` marks form
 * fields by name.
 */
export interface ErrorFacts {
  /** Shown after the safe text, one after the other; must not contain secrets. */
  detail?: Phrase | Phrase[];
  /** For the log only; must not contain secrets. */
  log?: string;
  /** Form field name -> what is wrong with it, safe to show. */
  fields?: Record<string, Phrase>;
  cause?: unknown;
}

/**
 * Compares the name, because there are two copies of the class: the command line is one bundle
 * (plugin/packaging/bundle.ts) and `serve` is not part of it.
 */
export const isSidecarError = (error: unknown): error is SidecarError =>
  error instanceof Error && error.name === 'SidecarError';

/** The code of a failure; `internal` if it is none of ours. */
export const codeOf = (error: unknown) => (isSidecarError(error) ? error.code : 'internal');

export class SidecarError extends Error {
  override readonly name = 'SidecarError';
  readonly status: number;
  readonly safe: string;
  /** In English; `details` can be translated. */
  readonly detail: string | undefined;
  readonly details: Phrase[];
  readonly log: string;
  readonly fields: Record<string, Phrase>;
  /** The configuration whose consent failed; it can be requested again or edited. */
  failedConsent?: { id: number; name: string };
  constructor(
    readonly code: ErrorCode,
    facts: ErrorFacts = {},
  ) {
    const [status, safe, cure = []] = entryOf(code);
    const details = [facts.detail ?? cure].flat();
    const detail = details.length > 0 ? details.map(inEnglish).join(' ') : undefined;
    super(facts.log ?? detail ?? safe, facts.cause === undefined ? undefined : { cause: facts.cause });
    this.status = status;
    this.safe = safe;
    this.details = details;
    this.detail = detail;
    this.log = facts.log ?? detail ?? safe;
    this.fields = facts.fields ?? {};
  }
}
