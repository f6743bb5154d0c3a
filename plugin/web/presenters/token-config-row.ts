import { explainProviderError } from '../../domain/explain-provider-error.js';
import type { ConfigWithToken, Usage } from '../../domain/ports.js';
import { classify } from '../../domain/provider-error.js';
import type { StoredToken } from '../../domain/token.js';
import type { Phrase } from '../../lib/phrase.js';
import { formatTime, type PageLanguage, type Translate } from '../render.js';

/** Texts of table `valid`. */
export const VALIDITIES = { 1: 'valid', 2: 'invalid', 3: 'invalid-temporarily' } as const;

export const NO_USAGE: Usage = { mailAccounts: [], smtp: false, webServices: [] };

export const isUsed = (usage: Usage) =>
  usage.mailAccounts.length > 0 || usage.smtp || usage.webServices.length > 0;

/** For the page's markup and for tests; the sentences say the same to people. */
export type RowState = 'none' | 'valid' | 'expired' | 'failed';

function stateOf(token: StoredToken | null, now: Date): RowState {
  if (token?.errorMessage || token?.errorCode) return 'failed';
  if (!token?.accessToken) return 'none';
  return token.accessTokenExpiresAt && token.accessTokenExpiresAt < now ? 'expired' : 'valid';
}

/** One line of the overview. No token, and no client secret, leaves through here. */
export function presentRow(
  { config, token }: ConfigWithToken,
  usage: Usage,
  now: Date,
  language: PageLanguage,
  translate: Translate,
) {
  const t = (text: Phrase, ...values: unknown[]) => translate(language.language, text, ...values);
  const at = (date: Date) => formatTime(date, language);
  const expires = token?.accessTokenExpiresAt ?? null;
  const refreshExpires = token?.refreshTokenExpiresAt ?? null;
  const state = stateOf(token, now);

  const tokenStatus = !token?.accessToken
    ? t('No token was requested yet.')
    : !expires
      ? t('Token is valid (without expiration date).')
      : t(expires < now ? 'Token has expired on %s.' : 'Token is valid until %s.', at(expires));
  const refreshTokenStatus = !config.document.Requests?.TokenByRefreshToken
    ? t('Refresh token request is not configured.')
    : !token?.refreshToken
      ? t(token?.accessToken ? 'The provider sent no refresh token.' : 'No refresh token was requested yet.')
      : classify(token.errorMessage ?? '', 400) === 'grant-dead'
        ? t('The provider no longer accepts the refresh token.')
        : !refreshExpires
          ? t('Refresh token is valid (without expiration date).')
          : t(
              refreshExpires < now ? 'Refresh token has expired on %s.' : 'Refresh token is valid until %s.',
              at(refreshExpires),
            );

  return {
    id: config.id,
    name: config.name,
    templateName: config.document.TemplateName,
    valid: config.validId === 1,
    validity: t(VALIDITIES[config.validId as 1 | 2 | 3] ?? 'invalid'),
    state,
    tokenStatus,
    refreshTokenStatus,
    fault:
      state === 'failed'
        ? t(explainProviderError(token?.errorMessage ?? '', token?.errorDescription ?? '').text)
        : '',
    errorMessage: state === 'failed' ? token?.errorMessage : '',
    needsConsent: state !== 'valid',
    renewable: Boolean(token?.refreshToken),
    usage,
    used: isUsed(usage),
  };
}
