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
    'A file or folder belongs to a user who could make this command do something else. Nothing was changed.',
  ],
  'config-invalid': [500, 'The sidecar is not set up correctly.', 'The log says which variable to correct.'],
  'database-unavailable': [
    503,
    "The helpdesk's database does not answer.",
    'Nothing was changed; try again in a moment.',
  ],
  'database-busy': [
    503,
    "The helpdesk's database is busy: another program holds a lock on what is asked for.",
    'Nothing was changed; try again in a moment.',
  ],
  'renewals-stalled': [
    503,
    'No pass over the due list has completed for a minute, so no token is renewed.',
    'The log says what fails; restart the sidecar if this lasts.',
  ],
  'database-right-missing': [
    500,
    'The database user of the sidecar lacks a right. Run "znuny-oauth2 install" again; it grants what is missing.',
  ],
  'install-failed': [
    500,
    'The installation stopped. What is done stays; run the command again after mending this, or undo it with "znuny-oauth2 uninstall".',
  ],
  'schema-unknown': [500, "The helpdesk's database has a schema that this version does not know."],
  'helpdesk-unsupported': [501, 'The sidecar does not support this helpdesk. Nothing was changed.'],
  'token-tables-missing': [500, "The helpdesk's database has no place for OAuth2 tokens."],
  'value-too-long': [
    422,
    'A value is longer than the helpdesk can store. Nothing was changed; shorten it and save again.',
  ],
  'bad-request': [
    400,
    'The request is incomplete or contradictory. Go back to the overview and start again.',
  ],
  'method-not-allowed': [
    405,
    'This address does not accept that kind of request. Go back to the overview and start again.',
  ],
  'channel-unproven': [
    403,
    "This request did not come from the helpdesk's web server, so the sidecar refused it.",
    'Open the screens through the helpdesk. If you did, run "znuny-oauth2 install" again: it brings the rules of the web server up to date.',
  ],
  'client-address-invalid': [
    400,
    'The web server did not say which address the browser has, so the sidecar cannot check the session.',
    'Load the page again. If this message stays, run "znuny-oauth2 doctor --only address" on the server.',
  ],
  'too-large': [413, 'The upload is too large. A file with token configurations has at most 1 MB.'],
  'not-signed-in': [401, 'Please log in to the helpdesk first.'],
  'session-unreadable': [
    501,
    "The sidecar cannot read the helpdesk's sessions, so it cannot know who you are.",
  ],
  'no-permission': [403, 'You need more rights to use this screen. Ask an administrator of the helpdesk.'],
  'challenge-token-invalid': [
    403,
    'The form is no longer valid, because the session changed. Nothing was changed; open the page again and repeat.',
  ],
  'opened-elsewhere': [
    403,
    'The export was opened from another website, so nothing was exported. Export from the overview of token configurations.',
  ],
  'unknown-token-config': [
    404,
    'This token configuration does not exist (any more). It may have been deleted meanwhile.',
  ],
  'unknown-subaction': [404, 'This page does not exist. Go back to the overview of token configurations.'],
  'unknown-template': [404, 'This template does not exist. Choose one of the offered templates.'],
  'template-broken': [500, 'A template file is broken. Mend or remove the file; the log names it.'],
  'discovery-failed': [422, 'The provider could not be looked up.'],
  'identity-forged': [
    400,
    'The provider says that its answer was made for another app or another request. Nothing was stored. Request a new token, and tell your administrator if this happens again.',
  ],
  'invalid-token-config': [
    422,
    'The token configuration is not complete.',
    'Nothing was saved; correct the marked fields.',
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
    'Someone else changed this token configuration meanwhile. Nothing was saved; look at the new values and repeat.',
  ],
  'import-invalid': [422, 'The file could not be imported. Nothing was changed.'],
  'import-outdated': [
    409,
    'Somebody changed token configurations since the preview. Nothing was imported; look at the new preview.',
  ],
  'import-unknown': [
    400,
    'This preview was used already or is older than half an hour. Choose the file again.',
  ],
  'unknown-user': [404, 'The helpdesk has no valid user with this login.'],
  'state-invalid': [
    400,
    'This sign-in was not started here, or was used already. Nothing was stored. Request a new token from the overview.',
  ],
  'state-expired': [
    400,
    'The sign-in took longer than 10 minutes. Nothing was stored. Request a new token from the overview.',
  ],
  'state-foreign': [
    403,
    'This sign-in was started by another session. Nothing was stored. Log in and request a new token from the overview.',
  ],
  'issuer-mismatch': [
    400,
    'The answer came from another provider than the one asked. Nothing was stored. Request a new token, and tell your administrator if this happens again.',
  ],
  'consent-refused': [
    400,
    'The provider did not grant access. Nothing was stored.',
    'Request a new token and agree to the requested access.',
  ],
  'code-missing': [
    400,
    'The provider sent neither an authorization code nor an error. Nothing was stored. Request a new token from the overview.',
  ],
  'provider-unreachable': [
    502,
    'The provider could not be reached. Stored tokens were kept.',
    'Check the endpoint, the proxy (WebUserAgent::Proxy) and the network, then try again.',
  ],
  'address-refused': [
    502,
    'The provider was not asked, because of its address. Stored tokens were kept.',
    'The address leads to this machine, or is link-local or reserved: no provider is asked there. Check it, or allow it with the variable SIDECAR_ALLOW_ADDRESSES.',
  ],
  'provider-timeout': [
    504,
    'The provider did not answer in time. Stored tokens were kept.',
    'Try again in a moment.',
  ],
  'provider-overloaded': [
    502,
    'The provider is overloaded or has a fault. Stored tokens were kept.',
    'Try again in a few minutes.',
  ],
  'provider-answer-invalid': [
    502,
    'The provider answered with something other than a token. Stored tokens were kept.',
    'Check the URL of the request in the token configuration.',
  ],
  'grant-dead': [422, 'The provider no longer accepts the refresh token.', 'Request a new token.'],
  'client-rejected': [
    422,
    'The provider rejected the app. Stored tokens were kept.',
    'Check the client ID and the client secret in the token configuration.',
  ],
  'provider-refused': [
    422,
    'The provider refused the request. Stored tokens were kept.',
    'The message of the provider says why.',
  ],
  'no-refresh-token': [422, 'There is no refresh token. Request a new token.'],
  'no-revocation': [422, 'The provider has no endpoint where a token can be revoked. Nothing was changed.'],
  'answer-waiting': [
    409,
    'The provider has sent a new token, which is not in the database yet. The sidecar stores it as soon as the database takes it; its log says what is in the way.',
  ],
  'renewal-running': [409, 'The token is being renewed at this very moment. Look again in a few seconds.'],
  'journal-unusable': [
    500,
    'The journal, which keeps the answers of providers safe, cannot be used. Nothing was changed.',
  ],
  'unknown-mail-account': [
    404,
    'No such mail account uses this token configuration (any more). Choose one of those listed.',
  ],
  'mailbox-invalid': [422, 'The mailbox cannot be tested like this.', 'Correct the marked fields.'],
  'mailbox-tests-busy': [
    503,
    'Several mailboxes are being tested at this moment. Try again in half a minute.',
  ],
  internal: [500, 'Something went wrong in the sidecar. Nothing was changed. The log has the details.'],
} as const satisfies Record<string, readonly [status: number, safe: string, cure?: string]>;

export type ErrorCode = keyof typeof CATALOGUE;

const entryOf = (code: ErrorCode): readonly [status: number, safe: string, cure?: string] => CATALOGUE[code];

/** The usual advice, where nothing better is known; null if the safe text already contains it. */
export const cureOf = (code: ErrorCode): Phrase | null => entryOf(code)[2] ?? null;

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

export class SidecarError extends Error {
  override readonly name = 'SidecarError';
  readonly status: number;
  readonly safe: string;
  /** In English; `details` can be translated. */
  readonly detail: string | undefined;
  readonly details: Phrase[];
  readonly log: string;
  readonly fields: Record<string, Phrase>;
  /** The configuration whose consent failed and can be requested again. */
  requestTokenFor?: number;
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
