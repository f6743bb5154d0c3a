/** A token configuration as the helpdesk stores it: table `oauth2_token_config`. */
export interface TokenConfig {
  id: number;
  name: string;
  /** The JSON document of column `config`, including keys that the sidecar does not know. */
  document: TokenConfigDocument;
  /** 1 valid, 2 invalid, 3 invalid-temporarily (table `valid`). */
  validId: number;
  createTime: Date;
  createBy: number;
  changeTime: Date;
  changeBy: number;
}

/** The texts of table `valid`. */
export const VALIDITIES = { 1: 'valid', 2: 'invalid', 3: 'invalid-temporarily' } as const;

/** The variables that AutofilledParametersMapping can refer to. */
export const REQUEST_VARIABLES = [
  'ClientID',
  'ClientSecret',
  'Scope',
  'RedirectURL',
  'State',
  'AuthorizationCode',
  'RefreshToken',
  'Token',
] as const;
export type RequestVariable = (typeof REQUEST_VARIABLES)[number];

/** The variables that a Response's ParametersMapping can refer to. */
export const RESPONSE_VARIABLES = [
  'AuthorizationCode',
  'State',
  'Token',
  'TokenExpirationDate',
  'RefreshToken',
  'RefreshTokenExpirationDate',
  'ErrorMessage',
  'ErrorDescription',
  'ErrorCode',
] as const;
export type ResponseVariable = (typeof RESPONSE_VARIABLES)[number];

export const REQUEST_KINDS = [
  'AuthorizationCode',
  'TokenByAuthorizationCode',
  'TokenByRefreshToken',
  'TokenByClientCredentials',
] as const;
export type RequestKind = (typeof REQUEST_KINDS)[number];

/** One request of the document. Unknown keys are kept. */
export interface RequestDefinition {
  Request?: {
    URL?: string;
    /** Fixed parameters. */
    Parameters?: Record<string, unknown>;
    /** Parameter name -> variable (`RequestVariable`). */
    AutofilledParametersMapping?: Record<string, unknown>;
    [key: string]: unknown;
  };
  Response?: {
    /** Name in the answer -> variable (`ResponseVariable`). */
    ParametersMapping?: Record<string, unknown>;
    [key: string]: unknown;
  };
  [key: string]: unknown;
}

/** The config document. Any key may be missing in rows that other programs wrote. */
export interface TokenConfigDocument {
  ClientID?: string;
  ClientSecret?: string;
  Scope?: string;
  TemplateName?: string;
  /** `AuthorizationCode` or `ClientCredentials`, from Znuny 7.2 on. */
  AuthFlow?: string;
  Notifications?: {
    NotifyOnExpiredToken?: number;
    NotifyOnExpiredRefreshToken?: number;
    [key: string]: unknown;
  };
  Requests?: { [K in RequestKind]?: RequestDefinition } & { [key: string]: unknown };
  /** Our own options, under one key that the helpdesk keeps and ignores. */
  Sidecar?: SidecarOptions;
  [key: string]: unknown;
}

interface SidecarOptions {
  /** 0 switches PKCE (RFC 7636, S256) off for providers that refuse it. Default 1. */
  PKCE?: number;
  /** Where tokens are revoked (RFC 7009), if the provider is not known to have such an endpoint. */
  RevocationURL?: string;
  /** Expected issuer (RFC 9207), compared with `iss` if the provider sends it. */
  Issuer?: string;
  /**
   * 1: refuse an answer without `iss` (RFC 9207 §2.4), for providers that announce that they send it. Default
   * 0.
   */
  RequireIssuer?: number;
  /** The day on which the client secret expires at the provider, `YYYY-MM-DD`, as entered by an admin. */
  ClientSecretExpires?: string;
  /** The mailbox of a service account's token, `sub` of its assertion. */
  Mailbox?: string;
  /** The key of a service account; see service-account.ts. */
  ServiceAccount?: unknown;
  /** Certificates of the client; see certificates.ts. */
  Certificates?: unknown;
  /** The user info endpoint (OpenID Connect Core §5.3), for providers without an ID token. */
  UserInfoURL?: string;
  [key: string]: unknown;
}
