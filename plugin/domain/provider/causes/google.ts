import { phrase } from '../../../lib/phrase.js';
import type { Cause } from './cause.js';
import { PLACES } from './places.js';
import { RETRIED } from './remedies.js';

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
    id: 'rate-limit',
    keys: ['rate_limit_exceeded'],
    who: 'nobody',
    outcome: 'transient',
    what: phrase('The app has reached the limit of requests at the provider.'),
    remedy: RETRIED,
  },
];
