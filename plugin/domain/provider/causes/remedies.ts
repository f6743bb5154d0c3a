import { phrase } from '../../../lib/phrase.js';

/** Remedies that several causes share. */
export const NEW_TOKEN = phrase('Request a new token.');
export const AGREE = phrase('Request a new token and accept the requested permissions.');
export const SIGN_IN = phrase('Request a new token and complete the sign-in in the browser.');
export const RETRIED = phrase('The sidecar retries automatically.');
export const SET_CLOCK = phrase('Correct the clock, and synchronize it (NTP).');
export const CHECK_TENANT = phrase('Correct the tenant in the endpoints of the token configuration.');
export const CHECK_SCOPE = phrase("Compare the scopes with the provider's current template.");
export const CHECK_APP = phrase('Compare the client ID and the tenant with the app registration.');
export const ACCOUNT_ADMIN = phrase(
  'Ask a tenant administrator to unlock or enable the account. If renewals still fail afterwards, request a new token.',
);
