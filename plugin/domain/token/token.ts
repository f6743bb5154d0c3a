/** The token row of a configuration: table `oauth2_token`. Empty texts are null here. */
export interface StoredToken {
  configId: number;
  accessToken: string | null;
  /** null: never expires (the helpdesk's rule). */
  accessTokenExpiresAt: Date | null;
  refreshToken: string | null;
  refreshTokenExpiresAt: Date | null;
  errorMessage: string | null;
  errorDescription: string | null;
  errorCode: string | null;
  changeTime: Date;
}

/**
 * The answer of a token endpoint, mapped by the document. `undefined`: not in the answer, keep what is
 * stored.
 */
export interface TokenAnswer {
  accessToken?: string;
  accessTokenExpiresAt?: Date;
  refreshToken?: string;
  /** null: the earlier refresh token's expiry does not apply to this one. */
  refreshTokenExpiresAt?: Date | null;
  /** The requested scopes for mail that this answer does not grant; not a column of the helpdesk's row. */
  missingScopes?: string[];
}

/** Error fields of an answer, stored where the helpdesk shows them. */
export interface TokenErrorFields {
  errorMessage: string | null;
  errorDescription: string | null;
  errorCode: string | null;
}
