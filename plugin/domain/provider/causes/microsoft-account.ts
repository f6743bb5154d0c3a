import { phrase } from '../../../lib/phrase.js';
import type { Cause } from './cause.js';
import { PLACES } from './places.js';
import { ACCOUNT_ADMIN, AGREE, NEW_TOKEN, SIGN_IN } from './remedies.js';

const TENANT_CONSENT = phrase('Ask a tenant administrator to grant admin consent, then request a new token.');

/**
 * Refusals of Microsoft that concern the account, its sign-in, the consent or a rule of the tenant. Where the
 * account or a rule is in the way, the refresh token may work again once that is corrected, so it is retried.
 * Compared with Microsoft's reference of AADSTS numbers on 2026-11-29.
 */
export const MICROSOFT_ACCOUNT: readonly Cause[] = [
  {
    id: 'admin-consent',
    keys: ['65001', '90094', '90095'],
    who: 'tenant-admin',
    place: PLACES.permissions,
    what: phrase('The app has not been granted consent in this tenant.'),
    remedy: TENANT_CONSENT,
  },
  {
    id: 'no-enterprise-app',
    keys: ['7000229'],
    who: 'tenant-admin',
    place: PLACES.permissions,
    outcome: 'refused',
    what: phrase('The tenant has no enterprise application (service principal) for the app.'),
    remedy: phrase('Ask a tenant administrator to grant admin consent, which creates it.'),
  },
  {
    id: 'declined',
    keys: ['65004', 'access_denied'],
    who: 'owner',
    what: phrase('Consent was declined.'),
    remedy: AGREE,
    unexplained: 'unknown',
  },
  {
    id: 'grant-refused',
    keys: ['70000'],
    who: 'owner',
    general: true,
    what: phrase('The provider no longer accepts the refresh token.'),
    remedy: NEW_TOKEN,
  },
  {
    id: 'grant-expired',
    keys: ['70008'],
    who: 'owner',
    general: true,
    what: phrase('The refresh token has expired.'),
    remedy: NEW_TOKEN,
  },
  {
    id: 'grant-unused',
    keys: ['700082'],
    who: 'owner',
    what: phrase('The refresh token has expired because it was not used for 90 days.'),
    remedy: NEW_TOKEN,
  },
  {
    id: 'sign-ins-revoked',
    keys: ['50173'],
    who: 'owner',
    what: phrase('An administrator or the owner of the account revoked all of its sessions.'),
    remedy: NEW_TOKEN,
  },
  {
    id: 'session-ended',
    keys: ['50132', '50133'],
    who: 'owner',
    what: phrase('The session ended because the password was changed or has expired.'),
    remedy: NEW_TOKEN,
  },
  {
    id: 'sign-in-frequency',
    keys: ['70043'],
    who: 'tenant-admin',
    place: PLACES.conditionalAccess,
    what: phrase("The tenant's sign-in frequency policy ended the grant, and will do so again."),
    remedy: phrase('Ask a tenant administrator to exempt the account, then request a new token.'),
  },
  {
    id: 'not-assigned',
    keys: ['50105'],
    who: 'tenant-admin',
    place: PLACES.enterpriseApps,
    outcome: 'refused',
    what: phrase('The account is not assigned to the app.'),
    remedy: phrase(
      'Ask a tenant administrator to assign it. If renewals still fail afterwards, request a new token.',
    ),
  },
  {
    id: 'other-account',
    keys: ['50020', '500208'],
    who: 'owner',
    what: phrase('The sign-in used an account of another tenant, or of the wrong type.'),
    remedy: phrase('Request a new token in a private browser window and sign in as the mailbox.'),
  },
  {
    id: 'several-accounts',
    keys: ['16000'],
    who: 'owner',
    what: phrase(
      'The browser is signed in with several accounts, or with one that does not belong to this tenant.',
    ),
    remedy: phrase('Request a new token in a private browser window and sign in as the mailbox.'),
  },
  {
    id: 'account-missing',
    keys: ['50034'],
    who: 'tenant-admin',
    place: PLACES.users,
    outcome: 'refused',
    what: phrase('The account does not exist in the tenant.'),
    remedy: phrase('Check the address and the tenant.'),
  },
  {
    id: 'account-locked',
    keys: ['50053'],
    who: 'tenant-admin',
    place: PLACES.users,
    outcome: 'refused',
    what: phrase('The account is locked, or the sign-in came from a blocked IP address.'),
    remedy: ACCOUNT_ADMIN,
  },
  {
    id: 'account-disabled',
    keys: ['50057'],
    who: 'tenant-admin',
    place: PLACES.users,
    outcome: 'refused',
    what: phrase('The account is disabled.'),
    remedy: ACCOUNT_ADMIN,
  },
  {
    id: 'password-expired',
    keys: ['50055', '50135', '50144'],
    who: 'tenant-admin',
    place: PLACES.users,
    outcome: 'refused',
    what: phrase("The account's password has expired or must be changed."),
    remedy: phrase('Change the password. If renewals still fail afterwards, request a new token.'),
  },
  {
    id: 'second-factor',
    keys: ['50072', '50074', '50076', '50078', '50079', '50158'],
    who: 'owner',
    what: phrase('Microsoft requires multi-factor authentication or another check at sign-in.'),
    remedy: SIGN_IN,
  },
  {
    id: 'tenant-policy',
    keys: ['53000', '53001', '53002', '53003', '530011', '530032', '530035', '50131'],
    who: 'tenant-admin',
    place: PLACES.conditionalAccess,
    outcome: 'refused',
    what: phrase('A policy of the tenant (Conditional Access or security defaults) blocks access.'),
    remedy: phrase('Ask a tenant administrator to exempt the account or the app.'),
  },
];
