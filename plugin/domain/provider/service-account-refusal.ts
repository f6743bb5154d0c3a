import type { ProviderFailure } from './provider-error.js';

/**
 * How Google words its refusals of an assertion; `error` alone does not tell them apart
 * (developers.google.com/identity/protocols/oauth2/service-account, "JWT error codes", read on 2026-11-29).
 */
const WORDS: readonly [code: string, error: string, pattern: RegExp][] = [
  ['jwt_time', 'invalid_grant', /short-lived token|reasonable timeframe/i],
  ['jwt_signature', 'invalid_grant', /invalid (jwt )?signature/i],
  ['jwt_subject', 'invalid_grant', /invalid email|valid email or user id/i],
  ['delegation_missing', 'unauthorized_client', /^/],
];

/** The key of the cause that Google's words tell; null: they tell none. */
export const serviceAccountCode = ({ error, description }: ProviderFailure): string | null =>
  WORDS.find(([, word, pattern]) => word === error && pattern.test(description))?.[0] ?? null;
