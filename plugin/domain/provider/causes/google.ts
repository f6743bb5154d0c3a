import { phrase } from '../../../lib/phrase.js';
import type { Cause } from './cause.js';
import { PLACES } from './places.js';
import { RETRIED, SET_CLOCK } from './remedies.js';

/** Codes of Google, compared with its pages on OAuth 2.0 for web servers on 2026-11-29. */
export const GOOGLE: readonly Cause[] = [
  {
    id: 'workspace-session',
    keys: ['invalid_rapt'],
    who: 'tenant-admin',
    place: PLACES.googleSessions,
    what: phrase("Google Workspace's session length ended the grant, and will do so again."),
    remedy: phrase('Ask a Google Workspace administrator to exempt the app, then request a new token.'),
  },
  {
    id: 'client-gone',
    keys: ['deleted_client', 'disabled_client'],
    who: 'admin',
    place: PLACES.googleClients,
    outcome: 'client-rejected',
    what: phrase('The OAuth client was deleted or disabled at Google.'),
    remedy: phrase(
      'Restore it, or create a new one, enter its ID and secret in the token configuration and request a new token.',
    ),
  },
  {
    id: 'workspace-policy',
    keys: ['admin_policy_enforced'],
    who: 'tenant-admin',
    place: PLACES.googleAccess,
    outcome: 'refused',
    what: phrase('A policy of Google Workspace blocks the app or one of its scopes.'),
    remedy: phrase('Ask a Google Workspace administrator to trust the app, then request a new token.'),
  },
  {
    id: 'internal-app',
    keys: ['org_internal'],
    who: 'admin',
    place: PLACES.googleAudience,
    outcome: 'refused',
    what: phrase('The app is internal: only accounts of its own organization can use it.'),
    remedy: phrase('Sign in with such an account, or set the user type of the app to External.'),
  },
  {
    id: 'embedded-browser',
    keys: ['disallowed_useragent'],
    who: 'owner',
    outcome: 'refused',
    what: phrase('Google does not allow sign-in in a browser embedded in another program.'),
    remedy: phrase('Open the helpdesk in an ordinary browser and request a new token.'),
  },
  {
    id: 'service-account-clock',
    keys: ['jwt_time'],
    who: 'admin',
    outcome: 'refused',
    what: phrase('Google rejects the time in the assertion: the clock of this machine is wrong.'),
    remedy: SET_CLOCK,
  },
  {
    id: 'service-account-key',
    keys: ['jwt_signature'],
    who: 'admin',
    place: PLACES.googleServiceAccounts,
    outcome: 'client-rejected',
    what: phrase(
      'Google does not know the key of the service account: it was deleted, disabled or has expired.',
    ),
    remedy: phrase(
      'Create a new key, and import it under "Next steps", or with "znuny-oauth2 service-account import".',
    ),
  },
  {
    id: 'service-account-mailbox',
    keys: ['jwt_subject'],
    who: 'admin',
    outcome: 'refused',
    what: phrase('Google Workspace has no active user with the address of the mailbox.'),
    remedy: phrase('Correct the mailbox in the token configuration; an alias or a group is not a user.'),
  },
  {
    id: 'service-account-delegation',
    keys: ['delegation_missing'],
    who: 'tenant-admin',
    place: PLACES.googleDelegation,
    outcome: 'client-rejected',
    what: phrase('Domain-wide delegation does not allow the service account this scope.'),
    remedy: phrase(
      'Ask a Google Workspace administrator to add the client ID and the scopes of the token configuration. The change can take up to 24 hours to take effect.',
    ),
  },
  {
    id: 'service-account-key-missing',
    keys: ['service_account_key_missing'],
    who: 'admin',
    outcome: 'client-rejected',
    what: phrase(
      'The private key of the service account is missing on this machine, or its file is damaged.',
    ),
    remedy: phrase(
      'Import the key file of Google under "Next steps", or with "znuny-oauth2 service-account import".',
    ),
  },
  {
    id: 'service-account-key-unsafe',
    keys: ['service_account_key_unsafe'],
    who: 'admin',
    outcome: 'client-rejected',
    what: phrase(
      "Others can read or change the file with the private key of the service account, or it does not belong to the sidecar's user.",
    ),
    remedy: phrase(
      "Make the sidecar's user the owner of the file, with mode 0600. If others may have read it, create a new key at Google and delete the old one.",
    ),
  },
  {
    id: 'rate-limit',
    keys: ['rate_limit_exceeded'],
    who: 'nobody',
    outcome: 'transient',
    what: phrase("The app has reached the provider's request limit."),
    remedy: RETRIED,
  },
];
