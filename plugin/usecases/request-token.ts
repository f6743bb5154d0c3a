import type { Clock } from '../domain/clock.js';
import { certificatesOf } from '../domain/configuration/certificates.js';
import { serviceAccountOf } from '../domain/configuration/service-account.js';
import type { TokenConfigDocument } from '../domain/configuration/token-config.js';
import { buildRequest, parameterFor, type RequestVariables } from '../domain/consent/build-request.js';
import { whereSentence } from '../domain/provider/causes/places.js';
import { explainFailure, type FailureWords, wordsOf } from '../domain/provider/explain-provider-error.js';
import { lostAnswerSentence } from '../domain/provider/lost-answer.js';
import { classify, ProviderError, withoutGrant } from '../domain/provider/provider-error.js';
import { serviceAccountCode } from '../domain/provider/service-account-refusal.js';
import type { TokenEndpoint, TokenRequest } from '../domain/provider/token-endpoint.js';
import { readAnswer } from '../domain/token/read-answer.js';
import type { TokenAnswer, TokenErrorFields } from '../domain/token/token.js';
import { type ErrorCode, SidecarError, safeText } from '../errors.js';
import { inEnglish, type Phrase } from '../lib/phrase.js';
import { isSecretName } from '../lib/secret-names.js';

const GRANT_TYPES = {
  TokenByAuthorizationCode: 'authorization_code',
  TokenByRefreshToken: 'refresh_token',
  TokenByClientCredentials: 'client_credentials',
} as const;

export type TokenRequestArguments = [
  deps: {
    endpoint: TokenEndpoint;
    clock: Clock;
    /** Milliseconds that really pass, independent of the clock; replaced in tests. */
    elapsed?: () => number;
    sending?: TokenRequest['sending'];
  },
  document: TokenConfigDocument,
  kind: keyof typeof GRANT_TYPES,
  variables: RequestVariables,
  /** Further parameters, such as the PKCE verifier. */
  extra?: Record<string, string>,
];

/**
 * Sends one request to the token endpoint as the document describes it, and reads the answer with the
 * document's mapping.
 * @returns `raw` is the whole answer, which may contain an ID token
 * @throws ProviderError
 */
export async function requestAnswer(
  ...[deps, document, kind, variables, extra = {}]: TokenRequestArguments
): Promise<{ answer: TokenAnswer & { accessToken: string }; raw: Record<string, unknown> }> {
  const { url, parameters } = buildRequest(document, kind, variables);
  const idParameter = parameterFor(document, kind, 'ClientID') ?? 'client_id';
  const secretParameter = parameterFor(document, kind, 'ClientSecret') ?? 'client_secret';
  const { [idParameter]: id = '', [secretParameter]: secret = '', ...others } = parameters;
  if (!URL.canParse(url)) throw faulty('The URL of the token endpoint is missing or faulty.');
  const serviceAccount = serviceAccountOf(document);
  if (serviceAccount?.mailbox === '') throw faulty('The token configuration names no mailbox.');
  const elapsed = deps.elapsed ?? (() => performance.now());
  const [sent, began] = [deps.clock(), elapsed()];
  const asked = deps.endpoint.post({
    url,
    // Required by RFC 6749 §4.1.3, §4.4.2 and §6, so it is sent even if a document omits it.
    parameters: { grant_type: GRANT_TYPES[kind], ...others, ...extra },
    client: {
      id,
      secret,
      idParameter,
      secretParameter,
      certificates: certificatesOf(document).map(({ thumbprint }) => thumbprint),
      ...(serviceAccount && {
        serviceAccount: { ...serviceAccount, scope: String(document.Scope ?? '') },
      }),
    },
    secrets: [
      secret,
      ...Object.values(extra),
      ...Object.values(variables),
      // Fixed parameters of the document, such as a client assertion.
      ...Object.entries(others).flatMap(([name, value]) => (isSecretName(name) ? [value] : [])),
    ].filter((value) => value.length > 7),
    ...(deps.sending && { sending: deps.sending }),
  });
  const raw = await asked.catch((error: unknown) => {
    if (!(error instanceof ProviderError)) throw error;
    const failure = serviceAccount ? explained(error.failure) : error.failure;
    const outcome = withoutGrant(failure.outcome, document);
    throw new ProviderError({ ...failure, outcome }, { cause: error });
  });
  const now = deps.clock();
  // If a clock that was ahead is set back during the request, the token would seem to live longer by as much.
  const from = now < sent ? new Date(now.getTime() - (elapsed() - began)) : sent;
  return { answer: readAnswer(document, kind, raw, from), raw };
}

/** A refusal of a service account, with the code of its cause if Google's words tell it. */
function explained(failure: ProviderError['failure']): ProviderError['failure'] {
  const code = serviceAccountCode(failure);
  if (code === null) return failure;
  const codes = [failure.codes, code].filter(Boolean).join(' ');
  return { ...failure, codes, outcome: classify(failure.error, failure.status ?? 0, { codes }) };
}

/** The same, for callers that only need the token. */
export const requestToken = async (...given: TokenRequestArguments) => (await requestAnswer(...given)).answer;

const faulty = (description: string) =>
  new ProviderError({
    outcome: 'refused',
    error: 'invalid_request',
    description,
  });

function codeOf({ outcome, error }: ProviderError['failure']): ErrorCode {
  if (outcome === 'grant-dead') return 'grant-dead';
  if (outcome === 'client-rejected') return 'client-rejected';
  if (outcome === 'refused') return 'provider-refused';
  if (outcome === 'invalid-answer') return 'provider-answer-invalid';
  if (error === 'timeout') return 'provider-timeout';
  if (error === 'address_refused') return 'address-refused';
  return error === 'network' || error.startsWith('proxy_') ? 'provider-unreachable' : 'provider-overloaded';
}

/**
 * The cause, unless the code's own text already says it, what to do, and the provider's own text; each once.
 * @param step consent: an authorization request, or the exchange of its code
 */
export function wordsOfProvider(
  code: ErrorCode,
  failure: FailureWords & Pick<ProviderError['failure'], 'lost'>,
  step: 'renewal' | 'consent',
): Phrase[] {
  const own = wordsOf(failure) === '' ? [] : [`(${wordsOf(failure)})`];
  if (code === 'grant-dead' && failure.lost) return [lostAnswerSentence(failure.lost), ...own];
  const { what, remedy, quotes, place } = explainFailure(
    failure,
    step === 'renewal' && code === 'provider-refused' ? 'app' : step,
  );
  const isSaid = safeText(code).includes(inEnglish(what));
  const where = place ? [whereSentence(place)] : [];
  return [...(isSaid ? [] : [what]), remedy, ...where, ...(quotes ? [] : own)];
}

/** The failure for a person and for the log. */
export function asSidecarError(error: ProviderError, step: 'renewal' | 'consent' = 'renewal'): SidecarError {
  const { failure } = error;
  const code = codeOf(failure);
  return new SidecarError(code, {
    detail: wordsOfProvider(code, failure, step),
    log: `provider: ${failure.outcome} ${failure.error} status=${failure.status ?? '-'} codes=${failure.codes || '-'}`,
    cause: error,
  });
}

/** The error fields of an answer, as the helpdesk stores them. */
export const errorFields = ({ failure }: ProviderError): TokenErrorFields => ({
  errorMessage: failure.error,
  errorDescription: failure.description || null,
  errorCode: failure.codes || null,
});
