import { isSecret, shownValue } from '../configuration/document-secrets.js';
import type { RequestKind, RequestVariable, TokenConfigDocument } from '../configuration/token-config.js';

/** Values for the variables of AutofilledParametersMapping; missing and empty ones are not sent. */
export type RequestVariables = Partial<Record<RequestVariable, string>>;

export interface BuiltRequest {
  url: string;
  parameters: Record<string, string>;
}

/** These never reach the browser's URL, whatever a mapping says. */
const NOT_FOR_BROWSERS = ['ClientSecret', 'RefreshToken', 'Token'];

/**
 * Builds the parameters of one request: the fixed ones, then the mapped ones, which take precedence. The URL
 * for a browser contains no secret.
 */
export function buildRequest(
  document: TokenConfigDocument,
  kind: RequestKind,
  variables: RequestVariables,
): BuiltRequest {
  const request = document.Requests?.[kind]?.Request ?? {};
  const known: RequestVariables = {
    ClientID: document.ClientID ?? '',
    ClientSecret: document.ClientSecret ?? '',
    Scope: document.Scope ?? '',
    ...variables,
  };
  const forBrowser = kind === 'AuthorizationCode';
  const fixed = Object.entries(request.Parameters ?? {}).filter(
    ([name, value]) => value !== null && !(forBrowser && isSecret(name, value)),
  );
  const mapped = Object.entries(request.AutofilledParametersMapping ?? {}).map(([name, variable]) => {
    const hidden = forBrowser && NOT_FOR_BROWSERS.includes(String(variable));
    return [name, hidden ? '' : (known[String(variable) as RequestVariable] ?? '')] as const;
  });
  const all = [...fixed.map(([name, value]) => [name, String(value)] as const), ...mapped];
  return {
    url: forBrowser ? shownValue(String(request.URL ?? '')) : String(request.URL ?? ''),
    parameters: Object.fromEntries(all.filter(([, value]) => value !== '')),
  };
}

/** The parameter that carries a variable, such as `client_id` for ClientID; undefined if none does. */
export function parameterFor(
  document: TokenConfigDocument,
  kind: RequestKind,
  variable: RequestVariable,
): string | undefined {
  const mapping = document.Requests?.[kind]?.Request?.AutofilledParametersMapping ?? {};
  return Object.entries(mapping).find(([, mapped]) => mapped === variable)?.[0];
}

/**
 * The URL that the browser is sent to (RFC 6749 §4.1.1). Keeps a query that the endpoint already has.
 * @param extra further parameters, such as the PKCE challenge
 */
export function authorizationUrl(
  { url, parameters }: BuiltRequest,
  extra: Record<string, string> = {},
): string {
  const [base = '', query] = url.split('#')[0]?.split('?') ?? [];
  const encode = ([name, value]: [string, string]) =>
    `${encodeURIComponent(name)}=${encodeURIComponent(value)}`;
  const pairs = Object.entries({ ...parameters, ...extra }).map(encode);
  return `${base}?${[query, ...pairs].filter(Boolean).join('&')}`;
}
